package io.portcullis.embedded;

import java.nio.file.Path;

/** What a test starts in a JVM of its own, to kill it: embedded servers on the folder given, until the end of its input. */
final class ChildGateway {
    static final String READY = "READY ";

    private ChildGateway() {}

    public static void main(String[] args) throws Exception {
        try (EmbeddedServers servers = EmbeddedServers.start(Path.of(args[0]))) {
            System.out.println(READY + servers.postgresUrl() + " " + servers.redisUrl());
            while (System.in.read() >= 0) {
                // Until whoever started us closes the pipe, or kills us.
            }
        }
    }
}
