package io.portcullis.config;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes configurations as YAML. */
final class YamlText {
    private static final int WIDTH = 110;
    private static final String HEAD = """
            # The configuration of Portcullis: every key, with its default. A gateway that is started without --config uses
            # these defaults; a file needs to hold only what differs from them.
            #
            # Each key can also be given by the environment, which wins over the file: PORTCULLIS_ and its path in capitals,
            # with _ for . and -, lists with commas: PORTCULLIS_SERVER_PORT=8443, PORTCULLIS_AUTH_TRUSTED_PROXIES=10.0.0.0/8,::1
            # Some have a further name, which deployments use already; PORTCULLIS_* wins over those. An empty variable counts
            # as not set. `portcullis config show` says what is in effect, and where it comes from.
            #
            # Durations: 500ms, 30s, 5m, 1h30m; a bare number is seconds. Sizes: 512, 16KB, 256MB, 2GB; a KB is 1024 bytes.
            # null is no value. An unknown key, or one given twice, stops the start.
            #
            # A running gateway looks at its file each half second. What is marked "reloaded" takes effect then; other keys that
            # changed are named in the log and wait for the next start. A file with a fault changes nothing.
            """;

    private YamlText() {}

    static String effective(List<Setting> settings) {
        StringBuilder out = new StringBuilder();
        String section = "";
        for (Setting setting : settings) {
            section = enter(out, section, setting.path(), false);
            String source = setting.source() + (setting.reloaded() ? "; reloaded" : "");
            line(out, setting.path(), value(setting.shown(), setting.list()), source);
        }
        return out.toString();
    }

    /** Every key with its default and all that an operator needs to know of it: the text of {@code conf/gateway.yaml}. */
    static String commented() {
        StringBuilder out = new StringBuilder(HEAD);
        String section = "";
        for (Key<?> key : Keys.all()) {
            section = enter(out, section, key.path(), true);
            String also = key.also().isEmpty() ? "" : " Also " + String.join(", ", key.also()) + ".";
            comment(out, indent(key.path()), key.why() + also);
            Object initial = key.initial();
            String value =
                    value(initial == null ? null : key.show(initial), key.type().list());
            line(out, key.path(), value, key.form() + (Reloading.takesOver(key) ? "; reloaded" : ""));
        }
        return out.toString();
    }

    /** Opens the sections that lead to a path and are not open yet. */
    private static String enter(StringBuilder out, String open, String path, boolean comments) {
        String section = path.substring(0, path.lastIndexOf('.'));
        for (int dot = 0; dot >= 0 && dot < section.length(); ) {
            int next = section.indexOf('.', dot);
            String part = next < 0 ? section : section.substring(0, next);
            if (!(open + ".").startsWith(part + ".")) {
                if (comments) {
                    out.append(part.indexOf('.') < 0 ? "\n" : "");
                    comment(out, indent(part), Keys.sections().getOrDefault(part, ""));
                }
                out.append(indent(part))
                        .append(part.substring(part.lastIndexOf('.') + 1))
                        .append(":\n");
            }
            dot = next < 0 ? -1 : next + 1;
        }
        return section;
    }

    private static void line(StringBuilder out, String path, String value, String comment) {
        out.append(indent(path))
                .append(path.substring(path.lastIndexOf('.') + 1))
                .append(": ");
        out.append(value).append("  # ").append(comment).append('\n');
    }

    private static void comment(StringBuilder out, String indent, String text) {
        StringBuilder line = new StringBuilder();
        for (String word : text.isEmpty() ? new String[0] : text.split(" ")) {
            if (line.length() > 0 && indent.length() + line.length() + word.length() > WIDTH) {
                out.append(indent).append('#').append(line).append('\n');
                line.setLength(0);
            }
            line.append(' ').append(word);
        }
        if (line.length() > 0) {
            out.append(indent).append('#').append(line).append('\n');
        }
    }

    private static String indent(String path) {
        return "  ".repeat((int) path.chars().filter(c -> c == '.').count());
    }

    private static String value(@Nullable List<String> texts, boolean list) {
        if (texts == null) {
            return "null";
        }
        return list
                ? texts.stream().map(YamlText::scalar).collect(Collectors.joining(", ", "[", "]"))
                : scalar(texts.get(0));
    }

    /** Plain where YAML reads it back as the same text in any place; else in double quotes. */
    static String scalar(String text) {
        if (text.matches(
                        "[A-Za-z0-9./_-][A-Za-z0-9./_?=@+-]*(?:://?[A-Za-z0-9._?=@+][A-Za-z0-9./_?=@:+-]*[A-Za-z0-9])?")
                && !text.matches("(?i)null|-+|\\.{3}")) {
            return text;
        }
        StringBuilder out = new StringBuilder("\"");
        text.codePoints().forEach(c -> {
            if (c == '"' || c == '\\') {
                out.append('\\').appendCodePoint(c);
            } else if (c < 0x20
                    || (c >= 0x7f && c < 0xa0)
                    || Character.getType(c) == Character.SURROGATE
                    || c == 0xfeff) {
                out.append(String.format("\\u%04x", c));
            } else {
                out.appendCodePoint(c);
            }
        });
        return out.append('"').toString();
    }
}
