package io.portcullis.embedded;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Programs that end by themselves. The calling thread waits, so a parent-death signal of theirs does not fire early. */
final class ShortRun {
    private static final Duration PROBE = Duration.ofSeconds(10);

    private ShortRun() {}

    /** A process with nothing of our environment: it may hold secrets, and PGDATA and its like would change what a server does. */
    static ProcessBuilder builder(List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command);
        Map<String, String> environment = builder.environment();
        String path = environment.getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
        environment.clear();
        environment.put("PATH", path);
        environment.put("LC_ALL", "C");
        environment.put("TZ", "UTC");
        return builder.redirectErrorStream(true);
    }

    /** Whether the program exists and ends with 0. */
    static boolean succeeds(List<String> command) throws EmbeddedException {
        try {
            Process process = builder(command)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process.getOutputStream().close();
            return await(process, PROBE) && process.exitValue() == 0;
        } catch (IOException notFound) {
            return false;
        }
    }

    /** Runs a program with {@code input}; what it says goes to {@code log}, and in case of failure into the exception. */
    static void run(String what, List<String> command, String input, Path log, Duration limit)
            throws EmbeddedException {
        try {
            Process process = builder(command).redirectOutput(log.toFile()).start();
            try (var stdin = process.getOutputStream()) {
                stdin.write(input.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                // It ended without reading: its exit code and its last words say more than the broken pipe.
            }
            if (!await(process, limit)) {
                throw new EmbeddedException(what + " did not end within " + limit.toSeconds() + " s; its last words: "
                        + LogTail.of(List.of(log)));
            }
            if (process.exitValue() != 0) {
                throw new EmbeddedException(
                        what + " failed (exit " + process.exitValue() + "): " + LogTail.of(List.of(log)));
            }
        } catch (IOException e) {
            throw new EmbeddedException(what + " failed: " + e, e);
        }
    }

    private static boolean await(Process process, Duration limit) throws EmbeddedException {
        boolean ended = false;
        try {
            ended = process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS);
            return ended;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EmbeddedException("interrupted while starting the embedded servers", e);
        } finally {
            if (!ended) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        }
    }
}
