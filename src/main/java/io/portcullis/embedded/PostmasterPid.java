package io.portcullis.embedded;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * PostgreSQL's {@code postmaster.pid}. A line each: process id, data folder, start time, port, socket folder, address, shared memory,
 * state. pg_ctl waits by the same means.
 */
final class PostmasterPid {
    private static final Logger LOG = LoggerFactory.getLogger(PostmasterPid.class);
    private static final int PORT = 3;
    private static final int STATE = 7;

    /** One run of a server, as far as the file tells it from others. */
    record Run(String pid, String startTime, String port, String state) {
        boolean sameAs(@Nullable Run other) {
            return other != null
                    && pid.equals(other.pid)
                    && startTime.equals(other.startTime)
                    && port.equals(other.port);
        }
    }

    private final Path cluster;
    private final Path file;

    PostmasterPid(Path cluster) {
        this.cluster = cluster;
        this.file = cluster.resolve("postmaster.pid");
    }

    /** Null: there is none, or it is just being written. */
    @Nullable
    Run read() {
        try {
            List<String> lines = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
            return lines.size() <= PORT
                    ? null
                    : new Run(
                            lines.get(0).strip(),
                            lines.get(2).strip(),
                            lines.get(PORT).strip(),
                            lines.size() <= STATE ? "" : lines.get(STATE).strip());
        } catch (IOException e) {
            return null;
        }
    }

    /** Whether the server on {@code port}, another one than {@code before}, takes connections. */
    boolean ready(@Nullable Run before, int port) {
        Run now = read();
        return now != null
                && now.state.equals("ready")
                && now.port.equals(Integer.toString(port))
                && !now.sameAs(before);
    }

    /**
     * Removes the file where its number now belongs to another program: PostgreSQL would take that for a server on this cluster. A dead
     * number it recognises itself, and then looks for orphans in shared memory by this very file, so that case is left to it.
     */
    void removeIfStale() throws EmbeddedException {
        Optional<ProcessHandle> holder = holder();
        if (holder.isEmpty()) {
            return;
        }
        long pid = holder.get().pid();
        if (runsHere(holder.get())) {
            throw new EmbeddedException(
                    "another PostgreSQL (process id " + pid + ") runs on " + cluster + ": stop it first");
        }
        LOG.info("event=embedded_stale_pid_removed file={} pid={}", file, pid);
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new EmbeddedException("cannot remove the stale " + file + ": " + e, e);
        }
    }

    private Optional<ProcessHandle> holder() {
        try (var lines = Files.lines(file, StandardCharsets.ISO_8859_1)) {
            return lines.findFirst()
                    .map(String::strip)
                    .filter(line -> line.matches("[1-9][0-9]{0,17}"))
                    .flatMap(line -> ProcessHandle.of(Long.parseLong(line)))
                    .filter(ProcessHandle::isAlive);
        } catch (IOException none) {
            return Optional.empty();
        }
    }

    /** A server's working folder is its cluster. Where that cannot be seen, its own program, which {@link Leftovers} looked for, decides. */
    private boolean runsHere(ProcessHandle process) {
        try {
            return Files.readSymbolicLink(Path.of("/proc", Long.toString(process.pid()), "cwd"))
                    .equals(cluster);
        } catch (IOException notSeen) {
            return false;
        }
    }
}
