package io.portcullis.config;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Reads the environment: first the names that deployments use already, then {@code PORTCULLIS_*}, which wins over them. A variable that is
 * empty counts as not set: compose files write {@code ${X:-}} for that.
 */
final class EnvironmentSource {
    /**
     * What Kubernetes puts into every container for each service of the namespace. A service called {@code portcullis}, {@code redis} or
     * {@code db} would otherwise set, or break, keys of ours.
     */
    private static final Pattern SERVICE_LINK =
            Pattern.compile(".*_SERVICE_(HOST|PORT(_.*)?)|.*_PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?");

    private static final Pattern SERVICE_LINK_VALUE = Pattern.compile("(tcp|udp|sctp)://.*");

    /** In these a bare number is milliseconds, as the deployments that have them mean it; everywhere else it is seconds. */
    private static final Set<String> IN_MILLISECONDS = Set.of("USER_SERVICE_TIMEOUT");

    private static final Pattern BARE_NUMBER = Pattern.compile("[0-9]{1,9}");

    /** Of the command line, which is often used where the gateway runs. */
    private static final Set<String> OF_COMMANDS = Set.of("PORTCULLIS_API_TOKEN");

    private final Map<String, String> variables = new TreeMap<>();
    private final Settings settings;

    EnvironmentSource(Map<String, String> environment, Settings settings) {
        this.settings = settings;
        environment.forEach((name, value) -> {
            boolean link = SERVICE_LINK.matcher(name).matches()
                    || (name.endsWith("_PORT")
                            && SERVICE_LINK_VALUE.matcher(value).matches());
            if (!value.isBlank() && !link && !OF_COMMANDS.contains(name)) {
                variables.put(name, inUnits(name, value));
            }
        });
    }

    void read() {
        for (Key<?> key : Keys.all()) {
            key.also().forEach(name -> read(key, name));
        }
        new ServerVariables(variables, settings).read();
        for (String name : variables.keySet()) {
            if (name.startsWith(Key.PREFIX)) {
                Key<?> key = Keys.byVariable().get(name);
                if (key == null) {
                    settings.fault(new Fault(name, null, null, unknown(name)));
                } else {
                    read(key, name);
                }
            }
        }
    }

    private static String inUnits(String name, String value) {
        String text = value.strip();
        return IN_MILLISECONDS.contains(name) && BARE_NUMBER.matcher(text).matches() ? text + "ms" : value;
    }

    private void read(Key<?> key, String name) {
        String value = variables.get(name);
        if (value != null) {
            settings.read(key, key.type().list() ? items(value) : List.of(trimmed(key, value)), name);
        }
    }

    /** A secret is taken as it is: its type says so if there is a blank around it. */
    private static String trimmed(Key<?> key, String value) {
        return key.type().sensitive() ? value : value.strip();
    }

    /** {@code a, b}, also {@code [a, b]}; {@code []} is the empty list, which an empty variable cannot say. */
    private static List<String> items(String value) {
        String text = value.strip();
        String inner = text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1) : text;
        return inner.isBlank()
                ? List.of()
                : Arrays.stream(inner.split(",", -1)).map(String::strip).toList();
    }

    private static String unknown(String name) {
        String nearest = Nearest.to(name, Keys.byVariable().keySet());
        return "unknown variable" + (nearest == null ? "" : "; did you mean " + nearest + "?");
    }
}
