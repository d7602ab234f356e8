package io.portcullis.load;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A server this process started: its output in a file, its CPU time readable, ended together with everything it started itself. */
final class ServerProcess implements AutoCloseable {

    private static final long STOP_LIMIT_SECONDS = 20;
    private static final int LOG_LINES_SHOWN = 40;

    private final String name;
    private final InetSocketAddress address;
    private final Process process;
    private final Path log;

    private ServerProcess(String name, InetSocketAddress address, Process process, Path log) {
        this.name = name;
        this.address = address;
        this.process = process;
        this.log = log;
    }

    /** @param environment what it gets beside this process's own */
    static ServerProcess start(
            String name, InetSocketAddress address, List<String> command, Map<String, String> environment, Path log)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(log.getParent().toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        return new ServerProcess(name, address, builder.start(), log);
    }

    String name() {
        return name;
    }

    InetSocketAddress address() {
        return address;
    }

    long pid() {
        return process.pid();
    }

    /** Waits until {@code request} is answered, whatever the answer is. */
    void awaitAnswer(byte[] request, Duration limit) throws IOException, InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            try {
                Response.to(address, request);
                return;
            } catch (IOException e) {
                if (!process.isAlive() || System.nanoTime() - end > 0) {
                    throw new IOException(name + " did not come up; the end of its log:\n" + endOfLog(), e);
                }
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    /** What the server itself started (its PostgreSQL and Redis) goes to the core of the load generator. */
    void moveChildrenAway(Pinning pinning) throws IOException, InterruptedException {
        for (ProcessHandle child : process.descendants().toList()) {
            pinning.moveToLoadCore(child.pid());
        }
    }

    /** User and system time of all threads so far, from {@code /proc/<pid>/stat} (proc(5)), in ticks of 10 ms. */
    CpuTime cpuTime() throws IOException {
        String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
        // The second field is the command in brackets and may hold anything: count from behind it.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return new CpuTime(nanos(fields[11]), nanos(fields[12]));
    }

    /**
     * Nanoseconds on a core so far, from {@code /proc/<pid>/task/<tid>/schedstat}, for what is too short for ticks. Threads that have ended are
     * missing.
     */
    long onCoreNanos() throws IOException {
        long sum = 0;
        try (DirectoryStream<Path> threads =
                Files.newDirectoryStream(Path.of("/proc", Long.toString(process.pid()), "task"))) {
            for (Path thread : threads) {
                try {
                    sum += Long.parseLong(
                            Files.readString(thread.resolve("schedstat")).split(" ")[0]);
                } catch (IOException e) {
                    if (Files.exists(thread)) {
                        throw e;
                    }
                }
            }
        }
        return sum;
    }

    /** Has a JVM collect its garbage, so that what it then says it uses is what it holds. */
    void collectGarbage() throws IOException, InterruptedException {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        Process collection = new ProcessBuilder(jcmd, Long.toString(process.pid()), "GC.run")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!collection.waitFor(STOP_LIMIT_SECONDS, TimeUnit.SECONDS)) {
            collection.destroyForcibly();
        }
    }

    private static long nanos(String ticks) {
        return TimeUnit.MILLISECONDS.toNanos(10 * Long.parseLong(ticks));
    }

    String endOfLog() throws IOException {
        List<String> lines = Files.readAllLines(log);
        return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES_SHOWN), lines.size()));
    }

    /** SIGKILL, and returns when it is gone. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** What it has in memory now, in bytes, from {@code /proc/<pid>/status} (proc(5), VmRSS). */
    long residentBytes() throws IOException {
        return residentBytes(process.pid());
    }

    /** The same of any process. */
    static long residentBytes(long pid) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"))) {
            if (line.startsWith("VmRSS:")) {
                return 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        return 0;
    }

    /** SIGTERM, then SIGKILL; the latter also to children that outlived it. */
    @Override
    public void close() {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroy();
        try {
            if (!process.waitFor(STOP_LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor(STOP_LIMIT_SECONDS, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        children.forEach(ProcessHandle::destroyForcibly);
    }

    /** Nanoseconds on a core since the start. */
    record CpuTime(long user, long system) {

        long total() {
            return user + system;
        }

        CpuTime since(CpuTime earlier) {
            return new CpuTime(user - earlier.user, system - earlier.system);
        }
    }
}
