package io.portcullis.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** Turns one file into a tree of YAML nodes with their places. Whatever is in the file, the worst that comes of it is a fault. */
final class YamlSource {
    static final int MAX_BYTES = 256 * 1024;
    // The composer recurses: without a limit a file of brackets overflows the stack. Our keys are three deep.
    private static final int MAX_DEPTH = 16;

    private final Path file;
    private final Settings settings;
    private final LoadSettings yaml;

    YamlSource(Path file, Settings settings) {
        this.file = file;
        this.settings = settings;
        this.yaml = LoadSettings.builder()
                .setLabel(file.toString())
                // Refused by us, with their place.
                .setAllowNonScalarKeys(true)
                .setSchema(new CoreSchema())
                .build();
    }

    /**
     * Reads the file into the settings.
     *
     * @return false if it could not be read as a whole; then nothing of it is in the settings
     */
    boolean read() {
        byte[] content = content();
        return content != null && read(content);
    }

    /** The same for content that is at hand already. */
    boolean read(byte[] content) {
        String text = utf8(content);
        if (text == null) {
            return false;
        }
        try {
            if (tooDeep(text)) {
                return false;
            }
            Optional<Node> root = new Compose(yaml).composeString(text);
            root.ifPresent(node -> new YamlTree(file, settings).read(node));
            return true;
        } catch (MarkedYamlEngineException e) {
            Mark mark = e.getProblemMark().or(e::getContextMark).orElse(null);
            fault(mark == null ? file.toString() : at(file, mark), problem(e));
        } catch (RuntimeException e) {
            // The parser throws more than its own type (bad escapes, directives). Its texts may quote the file: they
            // are not passed on.
            fault(file.toString(), "is not YAML");
        }
        return false;
    }

    static String at(Path file, Mark mark) {
        return file + ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1);
    }

    /** Only what is of the parser's own making: its messages otherwise quote names and lines of the file, which may be secrets. */
    private static String problem(MarkedYamlEngineException e) {
        String problem = String.valueOf(e.getProblem());
        if (problem.contains("alias") || problem.contains("anchor")) {
            return "is not YAML: a text that begins with * or & must stand in quotes";
        }
        if (problem.contains("tag") || problem.contains("directive")) {
            return "is not YAML: a text that begins with ! or % must stand in quotes";
        }
        if (problem.contains("(TAB)") || problem.contains("\\t")) {
            return "is not YAML: indent with blanks, not with tabs";
        }
        return problem.matches("[a-zA-Z ,:'<>-]{1,120}") ? "is not YAML: " + problem : "is not YAML";
    }

    private boolean tooDeep(String text) {
        int depth = 0;
        for (Event event : new Parse(yaml).parseString(text)) {
            if (event instanceof CollectionStartEvent && ++depth > MAX_DEPTH) {
                fault(event.getStartMark().map(mark -> at(file, mark)).orElse(file.toString()), "is nested too deep");
                return true;
            }
            depth -= event instanceof CollectionEndEvent ? 1 : 0;
        }
        return false;
    }

    private byte @Nullable [] content() {
        try {
            if (Files.isDirectory(file)) {
                fault(file.toString(), "is a directory, not a file");
                return null;
            }
            // Not by Files.size: a pipe or a file of /proc has none.
            try (InputStream in = Files.newInputStream(file)) {
                byte[] bytes = in.readNBytes(MAX_BYTES + 1);
                if (bytes.length > MAX_BYTES) {
                    fault(file.toString(), "is larger than " + MAX_BYTES / 1024 + " KB");
                    return null;
                }
                return bytes;
            }
        } catch (NoSuchFileException e) {
            fault(file.toString(), "there is no such file");
        } catch (AccessDeniedException e) {
            fault(file.toString(), "may not be read by this user");
        } catch (IOException e) {
            fault(file.toString(), "cannot be read: " + e.getClass().getSimpleName());
        }
        return null;
    }

    private @Nullable String utf8(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length);
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        CoderResult result = decoder.decode(in, out, true);
        out.flip();
        if (result.isError()) {
            long line = out.chars().filter(c -> c == '\n').count() + 1;
            fault(file + ":" + line, "is not UTF-8");
            return null;
        }
        // A byte order mark, as some editors put it.
        boolean marked = out.length() > 0 && out.charAt(0) == '\ufeff';
        return out.subSequence(marked ? 1 : 0, out.length()).toString();
    }

    private void fault(String where, String problem) {
        settings.fault(new Fault(where, null, null, problem));
    }
}
