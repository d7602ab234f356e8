package io.portcullis.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The running Redis of a data folder. */
final class RedisServer {
    private static final Duration READY = Duration.ofSeconds(30);
    private static final Duration STOP = Duration.ofSeconds(10);
    private static final int PORTS_TO_TRY = 5;

    private final ServerProcess process;
    private final String password;
    private final int port;

    private RedisServer(ServerProcess process, String password, int port) {
        this.process = process;
        this.password = password;
        this.port = port;
    }

    static RedisServer start(DataFolder folder, Platform platform, Launcher launcher, FreePort.Source ports)
            throws EmbeddedException {
        Path program = new Binaries(folder).redis(platform);
        try {
            String password = Secrets.readOrCreate(folder.secrets().resolve("redis-password"), Secrets::random);
            prepare(folder.redis(), launcher);
            for (int attempt = 1; attempt <= PORTS_TO_TRY; attempt++) {
                RedisServer server = launch(folder, program, launcher, password, ports.next());
                if (server != null) {
                    return server;
                }
            }
        } catch (IOException e) {
            throw new EmbeddedException("cannot prepare Redis in " + folder.redis() + ": " + e, e);
        }
        throw new EmbeddedException("Redis found each of " + PORTS_TO_TRY + " ports of 127.0.0.1 taken");
    }

    private static void prepare(Path home, Launcher launcher) throws IOException {
        if (!Files.isDirectory(home, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectory(
                    home, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            launcher.own(home);
        }
        // Snapshots that were cut off.
        try (var left = Files.newDirectoryStream(home, "temp-*.rdb")) {
            for (Path path : left) {
                Files.deleteIfExists(path);
            }
        }
    }

    /** Null: somebody took the port before the server did. */
    private static @Nullable RedisServer launch(
            DataFolder folder, Path program, Launcher launcher, String password, int port)
            throws IOException, EmbeddedException {
        Path config = folder.redis().resolve("redis.conf");
        AtomicFile.write(config, RedisConfig.of(folder.redis(), port, password));
        launcher.own(config);
        Path output = folder.log().resolve("redis.log");
        if (Files.exists(output)) {
            Files.move(output, folder.log().resolve("redis.log.1"), StandardCopyOption.REPLACE_EXISTING);
        }
        ServerProcess process = ServerProcess.start(
                "Redis", launcher, StopSignal.TERM, List.of(program.toString(), config.toString()), output);
        boolean ready = false;
        try {
            boolean answered = Poll.until(READY, () -> !process.alive() || RedisProbe.ready(port, password));
            ready = answered && process.alive();
            if (ready) {
                process.reportUnexpectedEnd(() -> LogTail.of(List.of(output)));
                return new RedisServer(process, password, port);
            }
            if (answered && FreePort.taken(port)) {
                return null;
            }
            throw new EmbeddedException(
                    (answered ? "Redis ended at once" : "Redis was not ready within " + READY.toSeconds() + " s")
                            + "; its last words: " + LogTail.of(List.of(output)));
        } finally {
            if (!ready) {
                process.stop(STOP);
            }
        }
    }

    String url() {
        return "redis://:" + password + "@127.0.0.1:" + port + "/0";
    }

    void stop() {
        process.stop(STOP);
    }
}
