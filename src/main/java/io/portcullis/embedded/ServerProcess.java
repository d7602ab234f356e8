package io.portcullis.embedded;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A server that runs. It is started from a thread of its own that lives until the server has ended: Linux sends the parent-death signal
 * when the starting <em>thread</em> ends, not the process (prctl(2), PR_SET_PDEATHSIG).
 */
final class ServerProcess {
    private static final Logger LOG = LoggerFactory.getLogger(ServerProcess.class);

    private final String name;
    private final Launcher launcher;
    private final StopSignal signal;
    private final CompletableFuture<Process> started = new CompletableFuture<>();
    private final CompletableFuture<Integer> ended = new CompletableFuture<>();
    private volatile boolean stopping;

    private ServerProcess(String name, Launcher launcher, StopSignal signal) {
        this.name = name;
        this.launcher = launcher;
        this.signal = signal;
    }

    /** Starts {@code command}; what it says goes to {@code output}, which is begun anew. */
    static ServerProcess start(String name, Launcher launcher, StopSignal signal, List<String> command, Path output)
            throws EmbeddedException {
        ServerProcess server = new ServerProcess(name, launcher, signal);
        ProcessBuilder builder =
                ShortRun.builder(launcher.server(command, signal)).redirectOutput(output.toFile());
        Thread thread = new Thread(() -> server.live(builder), "portcullis-" + name);
        thread.setDaemon(true);
        thread.start();
        try {
            server.started.join();
            return server;
        } catch (RuntimeException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new EmbeddedException("cannot start " + name + ": " + cause.getMessage(), cause);
        }
    }

    private void live(ProcessBuilder builder) {
        Process process;
        try {
            process = builder.start();
        } catch (IOException | RuntimeException e) {
            started.completeExceptionally(e);
            return;
        }
        started.complete(process);
        while (!ended.isDone()) {
            try {
                ended.complete(process.waitFor());
            } catch (InterruptedException e) {
                // Nobody has a reason to; ending here would end the server.
            }
        }
    }

    boolean alive() {
        return !ended.isDone();
    }

    /** From now on an end that nobody asked for is an error in the log, with the server's last words. */
    void reportUnexpectedEnd(Supplier<String> lastWords) {
        var unused = ended.thenAccept(exit -> {
            if (!stopping) {
                LOG.error(
                        "event=embedded_server_died server={} exit={} last_words=\"{}\"", name, exit, lastWords.get());
            }
        });
    }

    /** Ends the server in good order, and after {@code limit} by force. Returns when it has gone; may be called again. */
    void stop(Duration limit) {
        stopping = true;
        Process process = started.join();
        try {
            if (process.isAlive()) {
                launcher.askToStop(process, signal);
            }
            if (await(limit)) {
                return;
            }
            LOG.warn("event=embedded_server_killed server={} after_ms={}", name, limit.toMillis());
        } catch (IOException e) {
            LOG.warn("event=embedded_server_killed server={} reason=\"{}\"", name, e.toString());
        }
        // First those below: once their parent has gone they are no longer found.
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        await(limit);
    }

    /** An interrupt does not cut it short: a stop that is half done leaves a server behind. It is kept for the caller. */
    private boolean await(Duration limit) {
        boolean interrupted = false;
        long deadline = System.nanoTime() + limit.toNanos();
        try {
            while (true) {
                try {
                    ended.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
                    return true;
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (TimeoutException | ExecutionException e) {
                    return ended.isDone();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
