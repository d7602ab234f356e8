package io.portcullis.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The running PostgreSQL of a data folder. */
final class PostgresServer {
    private static final Duration READY = Duration.ofSeconds(30);
    private static final Duration STOP = Duration.ofSeconds(10);
    private static final int PORTS_TO_TRY = 5;

    private final ServerProcess process;
    private final PostgresPasswords passwords;
    private final int port;

    private PostgresServer(ServerProcess process, PostgresPasswords passwords, int port) {
        this.process = process;
        this.passwords = passwords;
        this.port = port;
    }

    static PostgresServer start(DataFolder folder, Platform platform, Launcher launcher, FreePort.Source ports)
            throws EmbeddedException {
        Path home = new Binaries(folder).postgres(platform);
        PostgresPasswords passwords = PostgresPasswords.of(folder);
        new PostgresCluster(folder, home, launcher).prepare(passwords);
        passwords.keep(folder);
        for (int attempt = 1; attempt <= PORTS_TO_TRY; attempt++) {
            PostgresServer server = launch(folder, home, launcher, passwords, next(ports));
            if (server != null) {
                return server;
            }
        }
        throw new EmbeddedException("PostgreSQL found each of " + PORTS_TO_TRY + " ports of 127.0.0.1 taken");
    }

    /** Null: somebody took the port before the server did. */
    private static @Nullable PostgresServer launch(
            DataFolder folder, Path home, Launcher launcher, PostgresPasswords passwords, int port)
            throws EmbeddedException {
        PostmasterPid pidFile = new PostmasterPid(folder.postgres());
        pidFile.removeIfStale();
        PostmasterPid.Run before = pidFile.read();
        Path output = folder.log().resolve("postgres.log");
        // On the command line, because there no ALTER SYSTEM can move them.
        ServerProcess process = ServerProcess.start(
                "PostgreSQL",
                launcher,
                StopSignal.INT,
                List.of(
                        home.resolve("bin/postgres").toString(),
                        "-D",
                        folder.postgres().toString(),
                        "-c",
                        "port=" + port,
                        "-c",
                        "listen_addresses=127.0.0.1",
                        "-c",
                        "unix_socket_directories="),
                output);
        boolean ready = false;
        try {
            boolean answered = Poll.until(READY, () -> !process.alive() || pidFile.ready(before, port));
            ready = answered && process.alive();
            if (ready) {
                ready = false;
                PostgresRoles.ensure(port, passwords.superuser());
                ready = true;
                process.reportUnexpectedEnd(() -> lastWords(folder, output));
                return new PostgresServer(process, passwords, port);
            }
            if (answered && FreePort.taken(port)) {
                return null;
            }
            throw new EmbeddedException((answered
                            ? "PostgreSQL ended at once"
                            : "PostgreSQL was not ready within " + READY.toSeconds() + " s")
                    + "; its last words: " + lastWords(folder, output));
        } finally {
            if (!ready) {
                process.stop(STOP);
            }
        }
    }

    private static int next(FreePort.Source ports) throws EmbeddedException {
        try {
            return ports.next();
        } catch (IOException e) {
            throw new EmbeddedException("no free port on 127.0.0.1: " + e, e);
        }
    }

    /** What it said before its log was set up, and the newest file of that log. */
    private static String lastWords(DataFolder folder, Path output) {
        List<Path> files = new ArrayList<>(List.of(output));
        try (var logs = Files.list(folder.postgres().resolve(PostgresConfig.LOG_FOLDER))) {
            logs.max(Comparator.comparingLong(PostgresServer::modified)).ifPresent(files::add);
        } catch (IOException e) {
            // It has not come so far.
        }
        return LogTail.of(files);
    }

    private static long modified(Path file) {
        try {
            return Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).toMillis();
        } catch (IOException e) {
            return 0;
        }
    }

    String applicationUrl() {
        return "postgresql://" + PostgresCluster.APPLICATION + ":" + passwords.application() + "@127.0.0.1:" + port
                + "/" + PostgresCluster.APPLICATION;
    }

    String superuserUrl() {
        return "postgresql://" + PostgresCluster.SUPERUSER + ":" + passwords.superuser() + "@127.0.0.1:" + port + "/"
                + PostgresCluster.APPLICATION;
    }

    void stop() {
        process.stop(STOP);
    }
}
