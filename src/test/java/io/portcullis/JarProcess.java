package io.portcullis;

import static org.awaitility.Awaitility.await;

import io.portcullis.embedded.RunFile;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The jar as a user runs it: a process of its own, in a folder of its own, on free ports. */
final class JarProcess implements AutoCloseable {

    private static final Duration SIGNAL = Duration.ofSeconds(5);
    private static final Pattern STARTED =
            Pattern.compile("event=gateway\\.started data_port=(\\d+) management_port=(\\d+)");
    private static final Pattern CURL = Pattern.compile("curl -i -H 'X-API-Key: (\\S+)' (\\S+)");

    private final Process process;
    private final Path output;
    private final Path data;

    private JarProcess(Process process, Path output, Path data) {
        this.process = process;
        this.output = output;
        this.data = data;
    }

    /** Starts and does not wait. */
    static JarProcess launch(Path folder, Map<String, String> environment, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Dportcullis.log.level=DEBUG",
                "-jar",
                System.getProperty("portcullis.jar", "target/portcullis.jar")));
        command.addAll(List.of(arguments));
        Path output = Files.createTempFile(folder, "out", ".log");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment()
                .putAll(Map.of(
                        "PORTCULLIS_SERVER_PORT", "0",
                        "PORTCULLIS_SERVER_HOST", "127.0.0.1",
                        "PORTCULLIS_MANAGEMENT_PORT", "0",
                        "PORTCULLIS_EMBEDDED_DATA", folder.resolve("data").toString()));
        builder.environment().putAll(environment);
        return new JarProcess(builder.start(), output, folder.resolve("data"));
    }

    /** Starts and waits until it serves. */
    static JarProcess start(Path folder, Map<String, String> environment) throws IOException {
        JarProcess jar = launch(folder, environment);
        jar.awaitServing();
        return jar;
    }

    void awaitServing() throws IOException {
        await().atMost(Duration.ofSeconds(60))
                .until(() -> output().contains("Portcullis answers at") || !process.isAlive());
        if (!process.isAlive()) {
            throw new IOException("the gateway ended: " + output());
        }
    }

    String output() throws IOException {
        return Files.readString(output);
    }

    /** The URL of the printed {@code curl} line, or of the line that is always printed. */
    URI url() throws IOException {
        Matcher line = Pattern.compile("Portcullis answers at (\\S+)").matcher(output());
        if (!line.find()) {
            throw new IOException("no address in " + output());
        }
        return URI.create(line.group(1));
    }

    /** From the log. */
    int dataPort() throws IOException {
        return started(1);
    }

    /** From the log. */
    int managementPort() throws IOException {
        return started(2);
    }

    private int started(int group) throws IOException {
        Matcher line = STARTED.matcher(output());
        if (!line.find()) {
            throw new IOException("no start in " + output());
        }
        return Integer.parseInt(line.group(group));
    }

    /** The key of the printed {@code curl} line. */
    String demoKey() throws IOException {
        Matcher line = CURL.matcher(output());
        if (!line.find()) {
            throw new IOException("no curl line in " + output());
        }
        return line.group(1);
    }

    HttpResponse<String> auth(String... headers) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(url())
                                .headers(headers)
                                .timeout(Duration.ofSeconds(10))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    RunFile runFile() throws IOException {
        return RunFile.read(data).orElseThrow();
    }

    Path data() {
        return data;
    }

    /** SIGTERM; the exit code. */
    int terminate() throws InterruptedException {
        process.destroy();
        return exitCode();
    }

    int exitCode() throws InterruptedException {
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            throw new AssertionError("still running");
        }
        return process.exitValue();
    }

    void signalTerm() {
        process.destroy();
    }

    long pid() {
        return process.pid();
    }

    boolean alive() {
        return process.isAlive();
    }

    /**
     * SIGSTOP: every thread stands still wherever it is, as in a virtual machine that is paused. The kernel goes on for it: connections
     * stay, new ones are accepted as far as the listener's queue goes, bytes pile up in buffers. Returns when all threads stand. Signals
     * but SIGKILL wait for {@link #cont()}.
     */
    void stop() throws IOException, InterruptedException {
        signal("STOP");
        await().atMost(SIGNAL).until(this::everyThreadStands);
    }

    /** SIGCONT: it goes on where it was, with a clock that has jumped. */
    void cont() throws IOException, InterruptedException {
        signal("CONT");
    }

    /** SIGHUP: what a supervisor sends for "reload", and a terminal that closes. */
    void hangUp() throws IOException, InterruptedException {
        signal("HUP");
    }

    private void signal(String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!kill.waitFor(SIGNAL.toSeconds(), TimeUnit.SECONDS) || kill.exitValue() != 0) {
            kill.destroyForcibly();
            throw new IOException("kill -" + name + " " + pid() + " failed");
        }
    }

    /** By /proc (proc_pid_stat(5)); where there is none, the signal is taken to have worked. */
    private boolean everyThreadStands() throws IOException {
        Path tasks = Path.of("/proc", Long.toString(pid()), "task");
        if (!Files.isDirectory(tasks)) {
            return true;
        }
        try (var threads = Files.newDirectoryStream(tasks)) {
            for (Path thread : threads) {
                String stat = Files.readString(thread.resolve("stat"), StandardCharsets.ISO_8859_1);
                // The state follows the name, which is in brackets and may have brackets.
                if (stat.charAt(stat.lastIndexOf(')') + 2) != 'T') {
                    return false;
                }
            }
            return true;
        } catch (NoSuchFileException ended) {
            return false;
        }
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        exitCode();
    }

    /** SIGKILL, if it still runs. Returns when it has gone. */
    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().orTimeout(10, TimeUnit.SECONDS).join();
    }
}
