package io.portcullis.testing;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** {@code --name value} pairs of a stand-in's command line. */
final class StandInArguments {

    private final Map<String, String> values = new TreeMap<>();

    StandInArguments(String[] args, String... known) {
        for (int i = 0; i < args.length; i += 2) {
            String name = args[i].startsWith("--") ? args[i].substring(2) : "";
            if (i + 1 == args.length || !List.of(known).contains(name)) {
                throw new IllegalArgumentException(
                        "not understood: " + args[i] + "; there are, each with a value, " + String.join(", ", known));
            }
            values.put(name, args[i + 1]);
        }
    }

    int number(String name, int otherwise) {
        String value = values.get(name);
        return value == null ? otherwise : Integer.parseInt(value);
    }

    @Nullable
    String text(String name) {
        return values.get(name);
    }
}
