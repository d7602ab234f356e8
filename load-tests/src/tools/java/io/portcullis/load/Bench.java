package io.portcullis.load;

import io.portcullis.auth.Pepper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where servers are set up to be measured: a temporary folder, free ports on loopback, and the same JVM flags and core for each. Closing
 * it, or the end of this process, ends what it started and deletes what it wrote.
 */
final class Bench implements AutoCloseable {

    private static final Duration UP_LIMIT = Duration.ofSeconds(60);

    private final Pinning pinning;
    private final Path jar;
    private final List<String> jvmFlags;
    private final boolean recorded;
    private final Path folder;
    private final InetSocketAddress management = freePort();
    private final List<ServerProcess> servers = new ArrayList<>();
    private boolean closed;

    /**
     * @param jar the gateway's
     * @param recorded with a flight recording of each server
     */
    Bench(Pinning pinning, Path jar, List<String> jvmFlags, boolean recorded) throws IOException {
        this.pinning = pinning;
        this.jar = jar.toAbsolutePath();
        this.jvmFlags = jvmFlags;
        this.recorded = recorded;
        this.folder = Files.createTempDirectory("portcullis-bench");
        Runtime.getRuntime().addShutdownHook(new Thread(this::close));
        if (recorded) {
            try (InputStream settings = Bench.class.getResourceAsStream("/execution-samples.jfc")) {
                Files.copy(settings, folder.resolve("execution-samples.jfc"));
            }
        }
    }

    /**
     * The gateway by itself: embedded PostgreSQL and Redis, one event loop, and a lease so long that a record stays warm for the whole run.
     * Settings of the environment ({@code PORTCULLIS_…}) hold.
     */
    ServerProcess startGateway() throws IOException, InterruptedException {
        InetSocketAddress address = freePort();
        Path config = folder.resolve("gateway.yaml");
        Files.writeString(config, """
                server:
                  host: 127.0.0.1
                  port: %d
                management:
                  host: 127.0.0.1
                  port: %d
                embedded:
                  data: %s
                deployment:
                  ingress:
                    instances: 1
                """.formatted(address.getPort(), freePort().getPort(), data()));
        ServerProcess gateway =
                start("gateway", address, List.of("-jar", jar.toString(), "run", "--config", config.toString()));
        gateway.moveChildrenAway(pinning);
        return gateway;
    }

    /** Clients with a key each in the gateway's registry; returns the keys. */
    List<String> fillRegistry(int count) throws IOException, SQLException {
        Pepper pepper = new Pepper(Files.readString(Seed.pepperFileOf(data())).strip());
        return Seed.fill(Seed.postgresOf(data()), pepper, count, new SecureRandom());
    }

    /** What the gateway's near cache has counted so far. */
    NearLookups nearLookups() throws IOException, InterruptedException {
        return NearLookups.of(management);
    }

    /** A bare server that gives this answer. */
    ServerProcess startBare(String name, Response answer) throws IOException, InterruptedException {
        InetSocketAddress address = freePort();
        Path head =
                Files.writeString(folder.resolve(name + "-response.txt"), answer.head(), StandardCharsets.ISO_8859_1);
        return start(
                name,
                address,
                List.of(
                        "-cp",
                        System.getProperty("java.class.path"),
                        BareServer.class.getName(),
                        Integer.toString(address.getPort()),
                        head.toString()));
    }

    /** The recording of a server; complete once that has been closed. */
    Path recordingOf(ServerProcess server) {
        return folder.resolve(server.name() + ".jfr");
    }

    /** One request of {@code GET /auth}, as a proxy's subrequest would carry it. */
    static byte[] request(InetSocketAddress server, String key) {
        return """
                GET /auth HTTP/1.1\r
                Host: %s:%d\r
                Accept: */*\r
                X-API-Key: %s\r
                \r
                """.formatted(server.getHostString(), server.getPort(), key).getBytes(StandardCharsets.US_ASCII);
    }

    private ServerProcess start(String name, InetSocketAddress address, List<String> arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmFlags);
        if (recorded) {
            command.add("-XX:StartFlightRecording=dumponexit=true,settings=" + folder.resolve("execution-samples.jfc")
                    + ",filename=" + folder.resolve(name + ".jfr"));
        }
        command.addAll(arguments);
        ServerProcess server;
        synchronized (this) {
            if (closed) {
                throw new IllegalStateException("the bench is closed");
            }
            server = ServerProcess.start(name, address, pinning.onServerCore(command), folder.resolve(name + ".log"));
            servers.add(server);
        }
        server.awaitAnswer(request(address, "none"), UP_LIMIT);
        return server;
    }

    private Path data() {
        return folder.resolve("data");
    }

    private static InetSocketAddress freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return new InetSocketAddress("127.0.0.1", socket.getLocalPort());
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        servers.forEach(ServerProcess::close);
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
