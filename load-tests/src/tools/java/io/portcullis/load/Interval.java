package io.portcullis.load;

import java.util.Arrays;
import java.util.Locale;

/**
 * A median and an interval around it that covers the true median with at least 95 % confidence, whatever the distribution: the order
 * statistics whose ranks the binomial distribution names (David and Nagaraja, Order Statistics, §7.1).
 */
record Interval(double low, double median, double high) {

    private static final double OUTSIDE_ON_EACH_SIDE = 0.025;

    static Interval of(double[] samples) {
        double[] sorted = samples.clone();
        Arrays.sort(sorted);
        int n = sorted.length;
        double median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
        // With fewer than six samples no rank is good enough: the whole range is shown.
        int rank = Math.max(1, rank(n));
        return new Interval(sorted[rank - 1], median, sorted[n - rank]);
    }

    /** The highest k with P(Binomial(n, 1/2) < k) ≤ 0.025. */
    private static int rank(int n) {
        double probability = Math.pow(0.5, n);
        double below = 0;
        for (int k = 0; k <= n; k++) {
            below += probability;
            if (below > OUTSIDE_ON_EACH_SIDE) {
                return k;
            }
            probability = probability * (n - k) / (k + 1);
        }
        return n;
    }

    String format(String pattern) {
        return String.format(Locale.ROOT, pattern + " [" + pattern + ", " + pattern + "]", median, low, high);
    }
}
