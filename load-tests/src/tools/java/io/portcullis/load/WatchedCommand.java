package io.portcullis.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A command of the gateway's jar as a process of its own, and what it has in memory while it runs. */
final class WatchedCommand implements AutoCloseable {

    private static final Pattern AFTER_COLLECTION = Pattern.compile("->(\\d+)M\\(");
    private static final long SAMPLE_MILLIS = 200;

    private final Process process;
    private final Path out;
    private final Path err;
    private final Path collections;
    private final long startedNanos = System.nanoTime();
    private final List<Long> residentKilobytes = new ArrayList<>();
    private long nanos;
    private long cpuTicks;

    private WatchedCommand(Process process, Path out, Path err, Path collections) {
        this.process = process;
        this.out = out;
        this.err = err;
        this.collections = collections;
    }

    static WatchedCommand start(Path jar, String heap, Map<String, String> environment, Path folder, String... words)
            throws IOException {
        Path collections = folder.resolve("gc.log");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-Xlog:gc:file=" + collections,
                "-jar",
                jar.toString()));
        command.addAll(List.of(words));
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().putAll(environment);
        return new WatchedCommand(builder.start(), out, err, collections);
    }

    /** Looks at it once; whether it runs. */
    boolean watch() throws IOException, InterruptedException {
        boolean over = process.waitFor(SAMPLE_MILLIS, TimeUnit.MILLISECONDS);
        if (over) {
            nanos = System.nanoTime() - startedNanos;
            return false;
        }
        Path status = Path.of("/proc", Long.toString(process.pid()), "status");
        try {
            String stat = Files.readString(status.resolveSibling("stat"));
            // The second field is the command in brackets and may hold anything: count from behind it (proc(5)).
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            cpuTicks = Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
            for (String line : Files.readAllLines(status)) {
                if (line.startsWith("VmRSS:")) {
                    residentKilobytes.add(Long.parseLong(line.replaceAll("\\D", "")));
                }
            }
        } catch (IOException e) {
            // It has just ended.
        }
        return true;
    }

    /** Tells it to stop: SIGTERM, which is to the JVM what Ctrl-C is. */
    void stop() {
        process.destroy();
    }

    /** As {@code kill -9} does. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }

    int exit() {
        return process.exitValue();
    }

    double seconds() {
        return nanos / 1e9;
    }

    /** User and system time of all its threads, but for the last moment's. */
    double cpuSeconds() {
        return cpuTicks / 100.0;
    }

    String out() throws IOException {
        return Files.readString(out);
    }

    String err() throws IOException {
        return Files.readString(err);
    }

    /** The largest in each fifth of its life, in MB: grows where something is kept. */
    List<Long> residentMegabytes() {
        return fifths(residentKilobytes).stream().map(size -> size / 1024).toList();
    }

    /** The same of what collections have left. */
    List<Long> heapMegabytes() throws IOException {
        List<Long> left = new ArrayList<>();
        for (String line : Files.readAllLines(collections)) {
            Matcher size = AFTER_COLLECTION.matcher(line);
            if (size.find()) {
                left.add(Long.parseLong(size.group(1)));
            }
        }
        return fifths(left);
    }

    private static List<Long> fifths(List<Long> values) {
        List<Long> largest = new ArrayList<>();
        for (int i = 0; i < 5 && !values.isEmpty(); i++) {
            int from = Math.min(values.size() - 1, values.size() * i / 5);
            int to = Math.max(from + 1, values.size() * (i + 1) / 5);
            largest.add(values.subList(from, to).stream()
                    .mapToLong(Long::longValue)
                    .max()
                    .orElse(0));
        }
        return largest;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
