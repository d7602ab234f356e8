package io.portcullis;

import io.portcullis.testing.ProxyProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** nginx with the files of {@code conf/nginx}, as their first lines say how to use them. */
final class Nginx implements FrontEnd {

    private static final Path SHIPPED = Path.of("conf", "nginx").toAbsolutePath();

    private final Path program = ProxyProcess.program("nginx");
    private final boolean passesEverything;
    private final boolean caches;

    private Nginx(boolean passesEverything, boolean caches) {
        this.passesEverything = passesEverything;
        this.caches = caches;
    }

    static Nginx shipped() {
        return new Nginx(false, false);
    }

    /** As operators write it who did not read our file: every header of the caller goes to the gateway. */
    static Nginx thatPassesEverything() {
        return new Nginx(true, false);
    }

    /** With the lines of the cache taken from behind their {@code #}. */
    static Nginx thatCaches() {
        return new Nginx(false, true);
    }

    @Override
    public ProxyProcess start(int gatewayPort, int upstreamPort) throws Exception {
        Path folder = ProxyProcess.folder("nginx");
        int port = ProxyProcess.freePort();
        List<String> gateway = new ArrayList<>(List.of("127.0.0.1:8080", "127.0.0.1:" + gatewayPort));
        List<String> server = new ArrayList<>();
        if (passesEverything) {
            server.addAll(List.of("proxy_pass_request_headers off;", "proxy_pass_request_headers on;"));
        }
        if (caches) {
            gateway.addAll(List.of(
                    "# proxy_cache_path /dev/shm/portcullis",
                    "proxy_cache_path " + folder.resolve("cache"),
                    "# map $msec",
                    "map $msec"));
            server.addAll(List.of("# proxy_cache", "proxy_cache"));
        }
        ProxyProcess.copy(
                SHIPPED.resolve("portcullis.conf"), folder.resolve("portcullis.conf"), gateway.toArray(String[]::new));
        ProxyProcess.copy(
                SHIPPED.resolve("portcullis-server.conf"),
                folder.resolve("portcullis-server.conf"),
                server.toArray(String[]::new));
        ProxyProcess.copy(SHIPPED.resolve("portcullis-location.conf"), folder.resolve("portcullis-location.conf"));
        Files.writeString(folder.resolve("nginx.conf"), """
                daemon off;
                master_process off;
                pid nginx.pid;
                error_log stderr warn;
                events {}
                http {
                    access_log off;
                    client_body_temp_path body;
                    proxy_temp_path proxy;
                    fastcgi_temp_path fastcgi;
                    uwsgi_temp_path uwsgi;
                    scgi_temp_path scgi;
                    include portcullis.conf;
                    upstream app { server 127.0.0.1:%d; keepalive 8; }
                    server {
                        listen 127.0.0.1:%d;
                        include portcullis-server.conf;
                        location / {
                            include portcullis-location.conf;
                            proxy_pass http://app;
                        }
                    }
                }
                """.formatted(upstreamPort, port));
        return ProxyProcess.start(
                folder, port, List.of(program.toString(), "-p", folder + "/", "-e", "stderr", "-c", "nginx.conf"));
    }
}
