package io.portcullis.load;

import io.portcullis.auth.Pepper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
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
    private final SecureRandom random = new SecureRandom();
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
                freshness:
                  lease: 5m
                deployment:
                  ingress:
                    instances: 1
                """.formatted(address.getPort(), management.getPort(), data()));
        ServerProcess gateway = start(
                "gateway", address, List.of("-jar", jar.toString(), "run", "--config", config.toString()), Map.of());
        awaitRunFile(gateway);
        gateway.moveChildrenAway(pinning);
        return gateway;
    }

    /**
     * A gateway with embedded servers, as a deployment has it: its defaults hold but for what is given. The servers' data outlives it, for
     * another one that is started here.
     *
     * @param settings environment variables
     */
    Node startNode(String name, Map<String, String> settings) throws IOException, InterruptedException {
        Node node = startNode(name, settings, Map.of("PORTCULLIS_EMBEDDED_DATA", data().toString()));
        awaitRunFile(node.server());
        node.server().moveChildrenAway(pinning);
        return node;
    }

    /** Another one against the servers of the first. */
    Node startFurtherNode(String name, Map<String, String> settings) throws IOException, InterruptedException {
        byte[] token = new byte[16];
        random.nextBytes(token);
        return startNode(
                name,
                settings,
                Map.of(
                        "PORTCULLIS_POSTGRES_URL", Seed.postgresOf(data()),
                        "PORTCULLIS_REDIS_URL", Seed.redisOf(data()),
                        "PORTCULLIS_AUTH_PEPPER", pepper(),
                        "PORTCULLIS_MANAGEMENT_TOKEN", HexFormat.of().formatHex(token)));
    }

    private Node startNode(String name, Map<String, String> settings, Map<String, String> servers)
            throws IOException, InterruptedException {
        InetSocketAddress address = freePort();
        InetSocketAddress ofManagement = freePort();
        Map<String, String> environment = new HashMap<>(servers);
        environment.putAll(settings);
        environment.put("PORTCULLIS_SERVER_HOST", address.getHostString());
        environment.put("PORTCULLIS_SERVER_PORT", Integer.toString(address.getPort()));
        environment.put("PORTCULLIS_MANAGEMENT_HOST", ofManagement.getHostString());
        environment.put("PORTCULLIS_MANAGEMENT_PORT", Integer.toString(ofManagement.getPort()));
        return new Node(start(name, address, List.of("-jar", jar.toString(), "run"), environment), ofManagement);
    }

    /** URL of the PostgreSQL that the first node has started. */
    URI postgres() throws IOException {
        return URI.create(Seed.postgresOf(data()));
    }

    /** Clients with a key each in the gateway's registry; returns the keys. */
    List<String> fillRegistry(int count) throws IOException, SQLException {
        return Seed.fill(Seed.postgresOf(data()), new Pepper(pepper()), count, random);
    }

    /** A connection to the gateway's PostgreSQL. */
    Registry registry() throws IOException, SQLException {
        return new Registry(Seed.connect(Seed.postgresOf(data())));
    }

    /** Where the embedded servers keep what is theirs; how a command finds the gateway. */
    Path data() {
        return folder.resolve("data");
    }

    /** It answers before it has written how to reach what it started. */
    private void awaitRunFile(ServerProcess gateway) throws IOException, InterruptedException {
        long end = System.nanoTime() + UP_LIMIT.toNanos();
        while (!Seed.isRunBy(gateway.pid(), data())) {
            if (System.nanoTime() - end > 0) {
                throw new IOException(
                        gateway.name() + " has not said how to reach its servers:\n" + gateway.endOfLog());
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    private String pepper() throws IOException {
        return Files.readString(Seed.pepperFileOf(data())).strip();
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
                        head.toString()),
                Map.of());
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

    private ServerProcess start(
            String name, InetSocketAddress address, List<String> arguments, Map<String, String> environment)
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
            server = ServerProcess.start(
                    name, address, pinning.onServerCore(command), environment, folder.resolve(name + ".log"));
            servers.add(server);
        }
        server.awaitAnswer(request(address, "none"), UP_LIMIT);
        return server;
    }

    private static InetSocketAddress freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return new InetSocketAddress("127.0.0.1", socket.getLocalPort());
        }
    }

    /**
     * A gateway and its two ports.
     *
     * @param management where it tells its numbers
     */
    record Node(ServerProcess server, InetSocketAddress management) {

        InetSocketAddress address() {
            return server.address();
        }

        Metrics metrics() throws IOException, InterruptedException {
            return Metrics.of(management);
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        // The first may have what the others need.
        for (int i = servers.size() - 1; i >= 0; i--) {
            servers.get(i).close();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
