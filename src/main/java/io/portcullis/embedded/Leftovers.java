package io.portcullis.embedded;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Processes of an earlier gateway on the same data folder that are still on their way out (it was killed a moment ago), or were missed by
 * the parent-death signal. They are known by their program, which lies in this data folder; who calls this holds the folder's lock, so no
 * living gateway owns them.
 */
final class Leftovers {
    private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);

    private Leftovers() {}

    /** Returns when none is left: within {@code patience} by their own doing, afterwards by force. */
    static void awaitGone(DataFolder folder, Duration patience) throws EmbeddedException {
        List<ProcessHandle> left = find(folder);
        if (left.isEmpty()) {
            return;
        }
        LOG.info("event=embedded_leftovers folder={} pids={}", folder.root(), pids(left));
        // Only the parents: they end their children in the right order.
        List<ProcessHandle> found = left;
        left.stream()
                .filter(process -> process.parent().filter(found::contains).isEmpty())
                .forEach(ProcessHandle::destroy);
        if (gone(folder, patience)) {
            return;
        }
        left = find(folder);
        LOG.warn("event=embedded_leftovers_killed folder={} pids={}", folder.root(), pids(left));
        left.forEach(ProcessHandle::destroyForcibly);
        if (!gone(folder, patience)) {
            throw new EmbeddedException("servers of an earlier gateway still run on " + folder.root() + " (process ids "
                    + pids(find(folder)) + ") and cannot be ended by " + System.getProperty("user.name"));
        }
    }

    /** Waits for what ends by itself once its server has gone: PostgreSQL's log writer outlives it for a moment. */
    static void settle(DataFolder folder, Duration patience) {
        try {
            if (!gone(folder, patience)) {
                LOG.warn("event=embedded_leftovers folder={} pids={}", folder.root(), pids(find(folder)));
            }
        } catch (EmbeddedException interrupted) {
            // The caller is in a hurry; the next start waits for them too.
        }
    }

    private static boolean gone(DataFolder folder, Duration limit) throws EmbeddedException {
        return Poll.until(limit, () -> find(folder).isEmpty());
    }

    private static List<ProcessHandle> find(DataFolder folder) {
        Path bin = folder.bin();
        return ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .command()
                        .filter(command -> Path.of(command).startsWith(bin))
                        .isPresent())
                .toList();
    }

    private static List<Long> pids(List<ProcessHandle> processes) {
        return processes.stream().map(ProcessHandle::pid).toList();
    }
}
