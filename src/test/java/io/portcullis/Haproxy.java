package io.portcullis;

import io.portcullis.testing.ProxyProcess;
import java.nio.file.Path;
import java.util.List;

/** HAProxy with the files of {@code conf/haproxy}. */
final class Haproxy implements FrontEnd {

    private static final Path SHIPPED = Path.of("conf", "haproxy").toAbsolutePath();

    private final Path program = ProxyProcess.program("haproxy");

    @Override
    public ProxyProcess start(int gatewayPort, int upstreamPort) throws Exception {
        Path folder = ProxyProcess.folder("haproxy");
        int port = ProxyProcess.freePort();
        ProxyProcess.copy(SHIPPED.resolve("portcullis.lua"), folder.resolve("portcullis.lua"));
        ProxyProcess.copy(
                SHIPPED.resolve("haproxy.cfg"),
                folder.resolve("haproxy.cfg"),
                "127.0.0.1:8080",
                "127.0.0.1:" + gatewayPort,
                "/etc/haproxy/portcullis.lua",
                folder.resolve("portcullis.lua").toString(),
                "bind :80",
                "bind 127.0.0.1:" + port,
                "127.0.0.1:3000",
                "127.0.0.1:" + upstreamPort);
        return ProxyProcess.start(folder, port, List.of(program.toString(), "-db", "-f", "haproxy.cfg"));
    }
}
