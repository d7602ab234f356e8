package io.portcullis.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Values on their way from the sources to the records, and the faults found on it. Sources are read in rising order: a later one replaces an
 * earlier one's value. A key with a fault counts as not given, so that the search for further faults can go on.
 */
final class Settings {
    /** More would help nobody, and bound the work on a file that is not ours at all. */
    static final int MAX_FAULTS = 100;

    /** The source of a value that nobody gave. */
    static final String DEFAULT = "default";

    private record Given(Object value, String where) {}

    private final Map<Key<?>, Given> given = new HashMap<>();
    private final List<Fault> faults = new ArrayList<>();
    private final Set<String> faulty = new HashSet<>();

    /** Reads the texts by the key's type; a text that cannot be read is a fault. */
    <T> void read(Key<T> key, List<String> texts, String where) {
        try {
            put(key, key.type().reader().apply(texts), where);
        } catch (IllegalArgumentException e) {
            fault(where, key, String.join(", ", texts), String.valueOf(e.getMessage()));
        }
    }

    <T> void put(Key<T> key, T value, String where) {
        given.put(key, new Given(Objects.requireNonNull(value), where));
    }

    void fault(String where, Key<?> key, @Nullable String value, String problem) {
        boolean hide = value != null && key.type().sensitive();
        fault(new Fault(where, key.path(), hide ? Secret.MASK : value, problem));
    }

    void fault(Fault fault) {
        if (faults.size() < MAX_FAULTS) {
            faults.add(fault);
        }
        if (fault.path() != null) {
            faulty.add(fault.path());
        }
    }

    /**
     * What a record said of itself. A complaint about several keys is dropped if one of them is known to be at fault: it may follow from that.
     *
     * @return whether any key was not known to be at fault
     */
    boolean fault(List<InvalidSettingException.Problem> problems) {
        Set<String> before = Set.copyOf(faulty);
        List<Fault> found = new ArrayList<>();
        for (InvalidSettingException.Problem problem : problems) {
            List<String> paths = problem.paths();
            Set<String> known = paths.size() == 1 ? before : faulty;
            if (paths.stream().noneMatch(known::contains)) {
                found.add(fault(problem));
            }
            faulty.addAll(paths);
        }
        found.forEach(this::fault);
        return !before.equals(faulty);
    }

    private Fault fault(InvalidSettingException.Problem problem) {
        List<String> paths = problem.paths();
        // The place to look at is the first that the operator wrote: a default is only ever wrong beside something
        // else.
        Optional<String> where = paths.stream()
                .map(path -> given.get(Keys.byPath().get(path)))
                .filter(Objects::nonNull)
                .map(Given::where)
                .findFirst();
        StringBuilder text = new StringBuilder(problem.expected());
        for (String other : paths.subList(1, paths.size())) {
            String held = shown(other);
            if (held != null && !held.startsWith(Secret.MASK)) {
                text.append(" (").append(other).append(" is ").append(held).append(')');
            }
        }
        return new Fault(where.orElse(null), paths.get(0), shown(paths.get(0)), text.toString());
    }

    boolean full() {
        return faults.size() >= MAX_FAULTS;
    }

    List<Fault> faults() {
        return faults;
    }

    /** The value, or the default. */
    <T> T get(Key<T> key) {
        return Objects.requireNonNull(orNull(key), key.path());
    }

    /** The value, or the default, which may be none. */
    @SuppressWarnings("unchecked") // put() takes only what fits the key.
    <T> @Nullable T orNull(Key<T> key) {
        Given found = given(key.path());
        return found == null ? key.initial() : (T) found.value();
    }

    /** Where the value comes from: a place, a variable, or {@code default}. */
    String source(Key<?> key) {
        Given found = given(key.path());
        return found == null ? DEFAULT : found.where();
    }

    private @Nullable Given given(String path) {
        return faulty.contains(path) ? null : given.get(Keys.byPath().get(path));
    }

    /** What may be shown of the value that a record was given for a key, {@code null} if there is none. */
    private @Nullable String shown(String path) {
        Key<?> key = Objects.requireNonNull(Keys.byPath().get(path), path);
        Given found = given.get(key);
        Object value = found == null ? key.initial() : found.value();
        if (value == null) {
            return null;
        }
        String text = key.type().sensitive() ? Secret.MASK : String.join(", ", key.show(value));
        return found == null ? text + " by default" : text;
    }
}
