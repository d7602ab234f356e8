package io.portcullis.embedded;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** The last words of a server, for an error message. */
final class LogTail {
    private static final int BYTES = 4096;
    private static final int LINES = 12;

    private LogTail() {}

    /** The last lines of the files that exist, one after the other, joined by {@code " | "} and without double quotes, so that they fit into one log event. */
    static String of(List<Path> files) {
        String tail =
                files.stream().map(LogTail::of).filter(text -> !text.isEmpty()).collect(Collectors.joining(" | "));
        return tail.isEmpty() ? "(it said nothing)" : tail.replace('"', '\'');
    }

    private static String of(Path file) {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return "";
        }
        try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "r")) {
            log.seek(Math.max(0, log.length() - BYTES));
            byte[] bytes = new byte[(int) Math.min(BYTES, log.length())];
            log.readFully(bytes);
            List<String> lines = new String(bytes, StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank())
                    .toList();
            return String.join(" | ", lines.subList(Math.max(0, lines.size() - LINES), lines.size()));
        } catch (IOException e) {
            return file + " cannot be read: " + e.getMessage();
        }
    }
}
