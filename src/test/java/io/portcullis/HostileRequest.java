package io.portcullis;

import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One of the requests in {@code src/test/resources/http/hostile}, whose README says how they are written.
 *
 * @param group the file it stands in
 * @param statuses of the answers, in order; none if the connection is to close without one
 * @param staysOpen whether the connection does, after the last answer
 * @param text with its escapes
 */
record HostileRequest(
        String group, String name, String source, List<Integer> statuses, boolean staysOpen, String text) {

    private static final Path FOLDER = Path.of("src/test/resources/http/hostile");
    private static final Pattern ESCAPE = Pattern.compile("\\\\([rnt\\\\{]|x[0-9a-f]{2})|\\{(key|(.)\\*(\\d+))}");

    static List<HostileRequest> all() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".txt"))
                    .sorted()
                    .flatMap(file -> in(file).stream())
                    .toList();
        }
    }

    /** What goes over the wire, a char for each byte. */
    String bytes(String key) {
        return ESCAPE.matcher(text).replaceAll(found -> Matcher.quoteReplacement(unescaped(found, key)));
    }

    @Override
    public String toString() {
        return group + ": " + name + " (" + source + ")";
    }

    private static List<HostileRequest> in(Path file) {
        String group = file.getFileName().toString().replace(".txt", "");
        List<HostileRequest> requests = new ArrayList<>();
        try {
            for (String block : Files.readString(file).split("(?m)^===\n", -1)) {
                requests.add(read(group, block));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return requests;
    }

    private static HostileRequest read(String group, String block) {
        int gap = block.indexOf("\n\n");
        Map<String, String> fields = new HashMap<>();
        block.substring(0, gap).lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            String[] field = line.split(": ", 2);
            fields.put(field[0], field[1]);
        });
        String status = fields.getOrDefault("status", "");
        String connection = fields.getOrDefault("connection", "");
        if (!fields.keySet().equals(Set.of("name", "source", "status", "connection"))
                || !connection.matches("open|closed")) {
            throw new IllegalArgumentException("not a case: " + block);
        }
        return new HostileRequest(
                group,
                fields.getOrDefault("name", ""),
                fields.getOrDefault("source", ""),
                status.equals("none")
                        ? List.of()
                        : Arrays.stream(status.split(" ")).map(Integer::valueOf).toList(),
                connection.equals("open"),
                block.substring(gap + 2).lines().collect(joining()));
    }

    private static String unescaped(MatchResult found, String key) {
        String escape = found.group(1);
        if (escape == null) {
            return found.group(3) == null ? key : found.group(3).repeat(Integer.parseInt(found.group(4)));
        }
        return switch (escape.charAt(0)) {
            case 'r' -> "\r";
            case 'n' -> "\n";
            case 't' -> "\t";
            case 'x' -> String.valueOf((char) Integer.parseInt(escape.substring(1), 16));
            default -> escape;
        };
    }
}
