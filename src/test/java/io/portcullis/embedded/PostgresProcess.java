package io.portcullis.embedded;

import static org.awaitility.Awaitility.await;

import io.portcullis.testing.TestServers;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL of a test's own, for what must not happen to the one that all tests share: it is killed, starts again, and goes back to an
 * older copy of its files. It keeps its port and its passwords, so its URLs hold throughout.
 *
 * <p>It lives in {@code target/postgres-process}, so that only the first run after a clean unpacks and creates. Not for use by several
 * threads.
 */
public final class PostgresProcess implements AutoCloseable {
    private static final int FOLDERS = 16;
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final DataFolder folder;
    private final FolderLock lock;
    private final Platform platform;
    private final Launcher launcher;
    private final int port;
    private @Nullable PostgresServer server;
    private String applicationUrl = "";
    private String superuserUrl = "";

    private PostgresProcess(DataFolder folder, FolderLock lock) throws EmbeddedException, IOException {
        this.folder = folder;
        this.lock = lock;
        this.platform = Platform.current();
        this.launcher = Launchers.choose(platform, folder);
        this.port = FreePort.find();
    }

    /** Returns when it takes connections. */
    public static PostgresProcess start() throws Exception {
        for (int n = 1; n <= FOLDERS; n++) {
            DataFolder folder = DataFolder.open(Path.of("target", "postgres-process" + (n == 1 ? "" : "-" + n)));
            FolderLock lock;
            try {
                lock = FolderLock.take(folder);
            } catch (FolderInUseException taken) {
                continue;
            }
            return start(folder, lock);
        }
        throw new IllegalStateException("all of target/postgres-process-* are in use");
    }

    private static PostgresProcess start(DataFolder folder, FolderLock lock) throws Exception {
        PostgresProcess process = null;
        boolean started = false;
        try {
            Leftovers.awaitGone(folder, LIMIT);
            folder.removeUnfinished();
            process = new PostgresProcess(folder, lock);
            process.startAgain();
            TestServers.dropLeftovers(process.superuserUrl);
            started = true;
            return process;
        } finally {
            if (!started) {
                if (process == null) {
                    lock.close();
                } else {
                    process.close();
                }
            }
        }
    }

    /** URL of a new, empty database of the application role. */
    public String freshDatabaseUrl() {
        return TestServers.freshDatabaseUrl(applicationUrl, superuserUrl);
    }

    /** The database of {@code databaseUrl} as superuser. */
    public String superuserUrl(String databaseUrl) {
        return TestServers.withDatabaseOf(databaseUrl, superuserUrl);
    }

    Path data() {
        return folder.root();
    }

    /**
     * SIGKILL to the server and all its processes at once. Connections are reset, new ones are refused. What was acknowledged is in the
     * log on the disk: only a transaction that was not is lost. Returns when none is left.
     */
    public void kill() {
        // The server first: it would take the end of one of its processes for a crash, and recover.
        List<ProcessHandle> processes = FolderProcesses.of(folder.root());
        processes.stream()
                .filter(process -> process.parent().filter(processes::contains).isEmpty())
                .forEach(ProcessHandle::destroyForcibly);
        processes.forEach(ProcessHandle::destroyForcibly);
        await().atMost(LIMIT).until(() -> FolderProcesses.of(folder.root()).isEmpty());
        server = null;
    }

    /** Ends the server in good order: sessions are told, transactions that are open are lost. */
    public void stop() {
        if (server != null) {
            server.stop();
            server = null;
        }
        await().atMost(LIMIT).until(() -> FolderProcesses.of(folder.root()).isEmpty());
    }

    /** Starts it on the data that it has, after {@link #kill()} or {@link #stop()}. Returns when it takes connections, having recovered. */
    public void startAgain() throws EmbeddedException {
        if (server != null) {
            throw new IllegalStateException("it runs");
        }
        server = PostgresServer.start(folder, platform, launcher, () -> port);
        applicationUrl = server.applicationUrl();
        superuserUrl = server.superuserUrl();
    }

    /** A copy of all its files; it is stopped for that, and starts again. */
    public Copy copy() throws IOException, EmbeddedException {
        stop();
        Path copy = Files.createTempDirectory(folder.root(), DataFolder.UNFINISHED + "copy-")
                .resolve("postgres");
        copy(folder.postgres(), copy);
        startAgain();
        return new Copy(copy);
    }

    /**
     * Kills it and starts it on that copy, as after the disk was put back to an older state: system identifier and timeline are the same,
     * and whatever was written since has never happened. A copy can be used again.
     */
    public void restore(Copy copy) throws IOException, EmbeddedException {
        kill();
        DataFolder.delete(folder.postgres());
        copy(copy.files, folder.postgres());
        startAgain();
    }

    /** Ends it and frees its folder. Returns when it has gone. */
    @Override
    public void close() throws IOException {
        try {
            stop();
            folder.removeUnfinished();
        } finally {
            lock.close();
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path visited, BasicFileAttributes attributes) throws IOException {
                // With its owner and mode: PostgreSQL accepts no others.
                Files.copy(visited, to.resolve(from.relativize(visited)), StandardCopyOption.COPY_ATTRIBUTES);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** Files as they were. They are deleted when the {@link PostgresProcess} is closed. */
    public static final class Copy {
        private final Path files;

        private Copy(Path files) {
            this.files = files;
        }
    }
}
