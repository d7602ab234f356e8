package io.portcullis.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Reads a tree of YAML nodes along the known paths only: an alias that points at itself, or a bomb of them, is never followed. Scalars are
 * texts here, read by the type of their key: {@code port: "8080"} is a number, {@code yes} is no boolean.
 */
final class YamlTree {
    private static final Set<Tag> SCALARS = Set.of(Tag.STR, Tag.INT, Tag.FLOAT, Tag.BOOL, Tag.NULL);

    private final Path file;
    private final Settings settings;

    YamlTree(Path file, Settings settings) {
        this.file = file;
        this.settings = settings;
    }

    void read(Node root) {
        section("", root);
    }

    private void section(String path, Node node) {
        if (isNull(node)) {
            return;
        }
        if (!(node instanceof MappingNode mapping) || !mapping.getTag().equals(Tag.MAP)) {
            fault(node, path, "expected a section with " + names(path));
            return;
        }
        Map<String, Node> seen = new HashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            if (settings.full()) {
                return;
            }
            if (!(tuple.getKeyNode() instanceof ScalarNode name)) {
                fault(tuple.getKeyNode(), path, "expected a plain name as key");
                continue;
            }
            String child = path.isEmpty() ? name.getValue() : path + "." + name.getValue();
            Node first = seen.putIfAbsent(name.getValue(), name);
            if (first != null) {
                fault(name, child, "is given twice, first at " + at(first));
            } else {
                entry(child, name, tuple.getValueNode());
            }
        }
    }

    private void entry(String path, Node name, Node value) {
        Key<?> key = Keys.byPath().get(path);
        // A dot within a name would pass for a path.
        boolean dotted = name instanceof ScalarNode scalar && scalar.getValue().indexOf('.') >= 0;
        if (dotted && (key != null || Keys.sections().containsKey(path))) {
            fault(name, path, "expected one section a line, indented, not names joined by dots");
        } else if (key != null) {
            value(key, value);
        } else if (Keys.sections().containsKey(path)) {
            section(path, value);
        } else {
            fault(name, path, unknown(path));
        }
    }

    private void value(Key<?> key, Node node) {
        if (isNull(node)) {
            return;
        }
        if (!key.type().list()) {
            String text = text(node);
            if (text == null) {
                settings.fault(at(node), key, null, "expected a single value, " + key.form());
            } else {
                settings.read(key, List.of(text), at(node));
            }
            return;
        }
        if (!(node instanceof SequenceNode sequence) || !node.getTag().equals(Tag.SEQ)) {
            settings.fault(at(node), key, text(node), "expected a " + key.form());
            return;
        }
        List<String> texts = new ArrayList<>();
        for (Node item : sequence.getValue()) {
            String text = isNull(item) ? null : text(item);
            if (text == null) {
                settings.fault(at(item), key, null, "expected single values in the list");
                return;
            }
            texts.add(text);
        }
        settings.read(key, texts, at(node));
    }

    private static @Nullable String text(Node node) {
        return node instanceof ScalarNode scalar && SCALARS.contains(node.getTag()) ? scalar.getValue() : null;
    }

    private static boolean isNull(Node node) {
        return node.getTag().equals(Tag.NULL);
    }

    private static String unknown(String path) {
        List<String> known = Stream.concat(Keys.sections().keySet().stream(), Keys.byPath().keySet().stream())
                .toList();
        String nearest = Nearest.to(path, known);
        return nearest == null ? "unknown key" : "unknown key; did you mean " + nearest + "?";
    }

    private static String names(String path) {
        String prefix = path.isEmpty() ? "" : path + ".";
        return Stream.concat(Keys.sections().keySet().stream(), Keys.byPath().keySet().stream())
                .filter(known -> known.startsWith(prefix))
                .map(known -> known.substring(prefix.length()))
                .filter(known -> !known.isEmpty() && known.indexOf('.') < 0)
                .collect(Collectors.joining(", "));
    }

    private void fault(Node node, String path, String problem) {
        settings.fault(new Fault(at(node), path.isEmpty() ? null : path, null, problem));
    }

    private String at(Node node) {
        return node.getStartMark().map(mark -> YamlSource.at(file, mark)).orElse(file.toString());
    }
}
