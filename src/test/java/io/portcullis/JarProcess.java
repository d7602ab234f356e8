package io.portcullis;

import static org.awaitility.Awaitility.await;

import io.portcullis.embedded.RunFile;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
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
        await().atMost(Duration.ofSeconds(60))
                .until(() -> jar.output().contains("Portcullis answers at") || !jar.process.isAlive());
        if (!jar.process.isAlive()) {
            throw new IOException("the gateway ended: " + jar.output());
        }
        return jar;
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

    /** SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        exitCode();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
