package io.portcullis.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real proxy of this machine, in the foreground, on loopback, in a folder of its own; it ends with the test JVM. */
public final class ProxyProcess implements AutoCloseable {

    private static final List<Path> PLACES =
            List.of(Path.of("/usr/sbin"), Path.of("/usr/bin"), Path.of("/usr/local/sbin"), Path.of("/usr/local/bin"));

    private final Process process;
    private final Path folder;
    private final int port;

    private ProxyProcess(Process process, Path folder, int port) {
        this.process = process;
        this.folder = folder;
        this.port = port;
    }

    /**
     * The program of this name. Where there is none the test is skipped, unless {@code -Dportcullis.proxies=required} says that it must be
     * there.
     */
    public static Path program(String name) {
        List<Path> found = PLACES.stream()
                .map(place -> place.resolve(name))
                .filter(Files::isExecutable)
                .toList();
        if ("required".equals(System.getProperty("portcullis.proxies"))) {
            assertThat(found)
                    .as("-Dportcullis.proxies=required, and no " + name + " in " + PLACES)
                    .isNotEmpty();
        }
        assumeTrue(!found.isEmpty(), "no " + name + " on this machine: install it to run this test");
        return found.get(0);
    }

    /** A port that nobody listens on at the moment. */
    public static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** A new, empty folder below {@code target}. */
    public static Path folder(String name) throws IOException {
        Path target = Files.createDirectories(Path.of("target").toAbsolutePath());
        return Files.createTempDirectory(target, "proxy-" + name + "-");
    }

    /**
     * Starts it and returns when it listens.
     *
     * @param command in the foreground, its log on standard error
     * @param port on loopback, where it is told to listen
     */
    public static ProxyProcess start(Path folder, int port, List<String> command) throws IOException {
        Path log = folder.resolve("log");
        ProcessBuilder builder = new ProcessBuilder(withUs(command))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().put("HOME", folder.toString());
        Process process = builder.start();
        process.getOutputStream().close();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly, "proxy-stop"));
        try {
            await().atMost(Duration.ofSeconds(20)).until(() -> !process.isAlive() || listens(port));
        } catch (RuntimeException e) {
            process.destroyForcibly();
            throw e;
        }
        if (!process.isAlive()) {
            throw new IllegalStateException(command + " ended: " + Files.readString(log));
        }
        return new ProxyProcess(process, folder, port);
    }

    public int port() {
        return port;
    }

    /** Ends it, and its folder with it: a cache in there has keys in it. */
    @Override
    public void close() throws IOException {
        process.destroy();
        process.onExit().completeOnTimeout(process, 5, TimeUnit.SECONDS).join();
        process.destroyForcibly().onExit().orTimeout(5, TimeUnit.SECONDS).join();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** The shipped file, with other words in the place of some: each must be there. */
    public static void copy(Path shipped, Path to, String... words) throws IOException {
        String text = Files.readString(shipped);
        for (int i = 0; i < words.length; i += 2) {
            assertThat(text).as(shipped + " has it to replace").contains(words[i]);
            text = text.replace(words[i], words[i + 1]);
        }
        Files.writeString(to, text);
    }

    /** Where the system can, the process is told to end should this JVM die without a word. */
    private static List<String> withUs(List<String> command) {
        Path setpriv = Path.of("/usr/bin/setpriv");
        return Files.isExecutable(setpriv)
                ? Stream.concat(Stream.of(setpriv.toString(), "--pdeathsig", "KILL", "--"), command.stream())
                        .toList()
                : new ArrayList<>(command);
    }

    private static boolean listens(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }
}
