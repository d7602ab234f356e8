package io.portcullis.load;

import java.util.Arrays;

/** Samples in order: the value that so many of them do not exceed (nearest rank). */
record Quantiles(double[] sorted) {

    static Quantiles of(double[] samples) {
        double[] sorted = samples.clone();
        Arrays.sort(sorted);
        return new Quantiles(sorted);
    }

    /** @param share 0.99 for the 99th percentile, 1 for the maximum */
    double at(double share) {
        return sorted.length == 0 ? Double.NaN : sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
    }

    double max() {
        return at(1);
    }

    int count() {
        return sorted.length;
    }
}
