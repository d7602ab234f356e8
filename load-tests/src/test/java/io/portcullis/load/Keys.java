package io.portcullis.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The keys a simulation presents. With {@code -Dportcullis.keys=FILE} they are the lines of that file; without, clients are made for the
 * run in the embedded registry of the gateway that runs on {@code ./data} (or {@code -Dportcullis.data=DIR}).
 *
 * @param unknown well-formed keys that nobody has; none with a file, since only the gateway's own code can make them
 */
record Keys(List<String> good, List<String> unknown) {

    private static final int SEED_LIMIT_SECONDS = 120;

    static Keys load() {
        try {
            String file = System.getProperty("portcullis.keys");
            return file != null ? new Keys(nonEmptyLines(Path.of(file)), List.of()) : seeded();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The good keys with one character changed: their checksum tells. */
    List<String> mistyped() {
        return good.stream()
                .map(key -> key.substring(0, key.length() - 1) + (key.endsWith("0") ? '1' : '0'))
                .toList();
    }

    private static Keys seeded() throws IOException {
        Path home = Path.of(System.getProperty("portcullis.load-tests"));
        Path root = home.resolveSibling(".");
        Path data = Path.of(
                System.getProperty("portcullis.data", root.resolve("data").toString()));
        Path jar = root.resolve("target/portcullis.jar");
        if (!Files.exists(data.resolve("run.json")) || !Files.exists(jar)) {
            throw new IOException("No gateway runs on " + data.normalize()
                    + ": start one (java -jar target/portcullis.jar)," + " or give keys (-Dportcullis.keys=FILE)");
        }
        Path good = Files.createTempFile("portcullis-keys", ".txt");
        Path unknown = Files.createTempFile("portcullis-unknown-keys", ".txt");
        try {
            seed(home, jar, data, good, unknown);
            return new Keys(nonEmptyLines(good), nonEmptyLines(unknown));
        } finally {
            Files.delete(good);
            Files.delete(unknown);
        }
    }

    /** In a process of its own: the gateway's jar and Gatling do not share a class path. */
    private static void seed(Path home, Path jar, Path data, Path good, Path unknown) throws IOException {
        Process seed = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        jar.toString(),
                        home.resolve("src/tools/java/io/portcullis/load/Seed.java")
                                .toString(),
                        "--data=" + data,
                        "--out=" + good,
                        "--unknown-out=" + unknown)
                .inheritIO()
                .start();
        try {
            if (!seed.waitFor(SEED_LIMIT_SECONDS, TimeUnit.SECONDS) || seed.exitValue() != 0) {
                throw new IOException("no clients could be made in the registry");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            seed.destroyForcibly();
        }
    }

    private static List<String> nonEmptyLines(Path file) throws IOException {
        return Files.readAllLines(file).stream().filter(line -> !line.isBlank()).toList();
    }
}
