package io.portcullis.load;

import io.portcullis.load.Bench.Node;
import io.portcullis.load.FixedRate.Served;
import io.portcullis.load.Revocations.By;
import io.portcullis.load.Revocations.Revocation;
import io.portcullis.load.Watch.Seen;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/** How long revocations took to be seen, as a person reads it, on standard output. */
final class LagReport {

    private static final String HEAD = "%n%-26s %8s %8s %8s %8s %8s%n";
    private static final String ROW = "%-26s %8d %8.1f %8.1f %8.1f %8.1f%n";

    private final PrintStream out = System.out;
    private final List<Revocation> all;
    private final List<Revocation> complete;
    private final Served served;
    private final int allowedAtEnd;
    private final double atMost;

    /**
     * What was measured.
     *
     * @param allowedAtEnd answers of 200 to revoked keys after all was over
     * @param atMost milliseconds, for the 99th percentile
     */
    LagReport(List<Revocation> all, Served served, int allowedAtEnd, double atMost) {
        this.all = all;
        this.complete = all.stream().filter(Revocation::isComplete).toList();
        this.served = served;
        this.allowedAtEnd = allowedAtEnd;
        this.atMost = atMost;
    }

    void lags(List<Node> nodes) {
        head("ms until all refuse");
        if (isAny(By.SQL)) {
            row("SQL, from its sending", quantiles(complete, isBy(By.SQL), Revocation::millisFromSending));
            row("SQL, from its commit", quantiles(complete, isBy(By.SQL), Revocation::millisFromCommit));
        }
        if (isAny(By.CLI)) {
            row("CLI, from its commit", quantiles(complete, isBy(By.CLI), Revocation::millisFromCommit));
        }
        if (isAny(By.EVENT)) {
            row("event, from its XADD", quantiles(complete, isBy(By.EVENT), Revocation::millisFromSending));
            row("event, from its commit", quantiles(complete, isBy(By.EVENT), Revocation::millisFromCommit));
        }
        row("all, from the commit", fromCommit());
        row("  the refusal's own answer", quantiles(complete, one -> true, Revocation::refusalMillis));
        for (int i = 0; i < nodes.size(); i++) {
            int node = i;
            row(
                    "  on " + nodes.get(i).server().name() + " alone",
                    quantiles(complete, one -> true, one -> one.millisFromCommit(node)));
        }
    }

    void writers() {
        head("ms of the writers");
        for (By by : By.values()) {
            if (isAny(by)) {
                row(by + ", begun late by", quantiles(all, isBy(by), one -> one.lateMicros() / 1e3));
                row(by + ", write", quantiles(all, isBy(by), Revocation::writeMillis));
            }
        }
        row("load, from when due", served.millis());
    }

    /** What the nodes measured themselves. */
    static void nodes(List<Node> nodes, List<Metrics> before) throws IOException, InterruptedException {
        System.out.printf(Locale.ROOT, "%n%-26s %8s %8s %8s%n", "registry_change_delay", "count", "mean ms", "max ms");
        for (int i = 0; i < nodes.size(); i++) {
            Metrics now = nodes.get(i).metrics();
            double changes = since(before.get(i), now, "registry_change_delay_seconds_count");
            System.out.printf(
                    Locale.ROOT,
                    "%-26s %8.0f %8.1f %8.1f%n",
                    "  on " + nodes.get(i).server().name(),
                    changes,
                    1e3 * since(before.get(i), now, "registry_change_delay_seconds_sum") / changes,
                    1e3 * now.sum("registry_change_delay_seconds_max"));
        }
    }

    void faults() {
        out.println();
        count("not written, or not refused in time", all.size() - complete.size());
        count("allowed after a refusal", resurrections());
        count("answers neither 200 nor 401", others());
        count("living keys not answered 200", served.notOk());
        count(
                "sent later than the limit, allowed",
                complete.stream()
                        .mapToLong(one -> one.allowedAfterCommit(atMost))
                        .sum());
        all.stream()
                .filter(one -> one.failure() != null)
                .limit(3)
                .forEach(one -> out.println("  " + one.by() + ": " + one.failure()));
    }

    /** Whether all was as it must be, and in time. */
    boolean isGood() {
        boolean right = complete.size() == all.size() && resurrections() + others() + served.notOk() == 0;
        // Of an event, the way to the database counts as well.
        return right
                && fromCommit().at(0.99) <= atMost
                && (!isAny(By.EVENT)
                        || quantiles(complete, isBy(By.EVENT), Revocation::millisFromSending)
                                        .at(0.99)
                                <= atMost);
    }

    private boolean isAny(By by) {
        return all.stream().anyMatch(isBy(by));
    }

    private Quantiles fromCommit() {
        return quantiles(complete, one -> true, Revocation::millisFromCommit);
    }

    private long resurrections() {
        return allowedAtEnd + seen(Seen::resurrections);
    }

    private long others() {
        return seen(Seen::others);
    }

    private long seen(ToLongFunction<Seen> of) {
        return all.stream().flatMap(one -> one.seen().stream()).mapToLong(of).sum();
    }

    private void head(String what) {
        out.printf(HEAD, what, "count", "p50", "p90", "p99", "max");
    }

    private void row(String name, Quantiles of) {
        out.printf(Locale.ROOT, ROW, name, of.count(), of.at(0.5), of.at(0.9), of.at(0.99), of.max());
    }

    private void count(String what, long number) {
        out.printf(Locale.ROOT, "%-36s %8d%n", what, number);
    }

    private static Predicate<Revocation> isBy(By by) {
        return one -> one.by() == by;
    }

    private static Quantiles quantiles(
            List<Revocation> all, Predicate<Revocation> which, ToDoubleFunction<Revocation> of) {
        return Quantiles.of(all.stream().filter(which).mapToDouble(of).toArray());
    }

    private static double since(Metrics before, Metrics now, String name) throws IOException {
        return now.sum(name) - before.sum(name);
    }
}
