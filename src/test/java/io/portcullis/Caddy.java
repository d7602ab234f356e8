package io.portcullis;

import io.portcullis.testing.ProxyProcess;
import java.nio.file.Path;
import java.util.List;

/** Caddy with the file of {@code conf/caddy}. */
final class Caddy implements FrontEnd {

    private static final Path SHIPPED = Path.of("conf", "caddy", "Caddyfile").toAbsolutePath();

    private final Path program = ProxyProcess.program("caddy");

    @Override
    public ProxyProcess start(int gatewayPort, int upstreamPort) throws Exception {
        Path folder = ProxyProcess.folder("caddy");
        int port = ProxyProcess.freePort();
        ProxyProcess.copy(
                SHIPPED,
                folder.resolve("Caddyfile"),
                "(portcullis) {",
                "{\n\tadmin off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n}\n\n(portcullis) {",
                "{$PORTCULLIS:127.0.0.1:8080}",
                "127.0.0.1:" + gatewayPort,
                ":80 {",
                ":" + port + " {",
                "127.0.0.1:3000",
                "127.0.0.1:" + upstreamPort);
        return ProxyProcess.start(
                folder, port, List.of(program.toString(), "run", "--config", "Caddyfile", "--adapter", "caddyfile"));
    }
}
