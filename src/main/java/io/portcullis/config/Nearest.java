package io.portcullis.config;

import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Guesses what a name that nobody knows was meant to be. */
final class Nearest {
    // Longer ones are no typing errors of ours, and comparing costs their length squared.
    private static final int LONGEST = 80;

    private Nearest() {}

    /** The known name with the fewest typing errors between, if there are few; else the one with the same last part; else {@code null}. */
    static @Nullable String to(String name, Collection<String> known) {
        if (name.length() > LONGEST) {
            return null;
        }
        String wanted = name.toLowerCase(Locale.ROOT);
        String nearest = null;
        int fewest = Math.max(2, name.length() / 4) + 1;
        for (String candidate : known) {
            int errors = errors(wanted, candidate.toLowerCase(Locale.ROOT));
            if (errors < fewest) {
                fewest = errors;
                nearest = candidate;
            }
        }
        return nearest != null ? nearest : sameLastPart(wanted, known);
    }

    private static @Nullable String sameLastPart(String name, Collection<String> known) {
        String last = "." + name.substring(name.lastIndexOf('.') + 1);
        return known.stream()
                .filter(candidate -> candidate.endsWith(last))
                .findFirst()
                .orElse(null);
    }

    /** Letters to insert, drop, replace or swap with their neighbour (optimal string alignment). */
    static int errors(String a, String b) {
        int[] beforeLast = new int[b.length() + 1];
        int[] last = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            last[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = last[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, Math.min(last[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
                }
            }
            beforeLast = last;
            last = row;
        }
        return last[b.length()];
    }
}
