package io.portcullis.load;

import io.portcullis.load.Bench.Node;
import io.portcullis.load.FixedRate.Served;
import io.portcullis.load.Revocations.By;
import io.portcullis.load.Revocations.Revocation;
import io.portcullis.load.Revocations.Victim;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Three gateways on one PostgreSQL and one Redis, a constant rate of requests, and clients that are revoked meanwhile, half of them by
 * plain SQL: how long until the last node refuses?
 */
@Command(
        name = "revocation-lag.sh",
        sortOptions = false,
        description = "From a revocation's commit to the refusal on each of three nodes, under load.")
public final class RevocationLag implements Callable<Integer> {

    private static final int NODES = 3;
    private static final int CONNECTIONS = 32;
    private static final Duration WARM_LIMIT = Duration.ofMinutes(5);
    private static final String ROW = "%-26s %8s %8s %8s %8s %8s%n";

    @Option(
            names = "--jar",
            paramLabel = "FILE",
            required = true,
            description = "the gateway (default: the one just built)")
    private Path jar;

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "1000",
            description = "revocations (${DEFAULT-VALUE}); the even ones by SQL, the odd ones by the command line")
    private int count;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "20",
            description = "revocations a second (${DEFAULT-VALUE})")
    private int rate;

    @Option(
            names = "--requests",
            paramLabel = "N",
            defaultValue = "1000",
            description = "requests a second, to all nodes together (${DEFAULT-VALUE})")
    private int requestsPerSecond;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "100",
            description = "revocations before those, not counted (${DEFAULT-VALUE})")
    private int warmUp;

    @Option(
            names = "--keys",
            paramLabel = "N",
            defaultValue = "10000",
            description = "clients with a key each that stay (${DEFAULT-VALUE})")
    private int keyCount;

    @Option(
            names = "--at-most",
            paramLabel = "MILLIS",
            defaultValue = "50",
            description = "exit with 1 where the 99th percentile is above (${DEFAULT-VALUE})")
    private double atMost;

    @Option(
            names = "--jvm",
            paramLabel = "FLAGS",
            defaultValue = "-Xms512m -Xmx512m",
            description = "flags of each gateway (${DEFAULT-VALUE})")
    private String jvmFlags;

    @Option(names = "--help", usageHelp = true, description = "this text")
    private boolean help;

    public static void main(String[] args) {
        System.exit(new CommandLine(new RevocationLag())
                .setOverwrittenOptionsAllowed(true)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    System.err.println(failure);
                    return 1;
                })
                .execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException, SQLException {
        List<String> flags =
                Stream.of(jvmFlags.split(" ")).filter(flag -> !flag.isEmpty()).toList();
        try (Bench bench = new Bench(Pinning.none(), jar, flags, false)) {
            List<Node> nodes = new ArrayList<>();
            nodes.add(bench.startNode("node-1", Map.of()));
            List<String> keys = bench.fillRegistry(warmUp + count + keyCount);
            for (int i = 2; i <= NODES; i++) {
                nodes.add(bench.startFurtherNode("node-" + i, Map.of()));
            }
            try (Registry registry = bench.registry()) {
                return measure(bench, nodes, registry, keys);
            }
        }
    }

    private int measure(Bench bench, List<Node> nodes, Registry registry, List<String> keys)
            throws IOException, InterruptedException, SQLException {
        List<String> ids = registry.seededClients();
        registry.tidyUp();
        for (Node node : nodes) {
            warm(node, keys);
        }
        List<Victim> victims = new ArrayList<>();
        for (int i = 0; i < warmUp + count; i++) {
            victims.add(new Victim(ids.get(i), keys.get(i)));
        }
        List<String> living = new ArrayList<>(keys.subList(victims.size(), keys.size()));
        Collections.shuffle(living);

        List<Revocation> revocations;
        List<Metrics> before = new ArrayList<>();
        Served served;
        try (FixedRate load = new FixedRate(nodes, living, requestsPerSecond);
                Revocations writers = new Revocations(nodes, registry, bench.data())) {
            load.start();
            writers.run(victims.subList(0, warmUp), rate);
            for (Node node : nodes) {
                before.add(node.metrics());
            }
            revocations = writers.run(victims.subList(warmUp, victims.size()), rate);
            served = load.stop();
        }
        return report(nodes, before, revocations, served, resurrected(nodes, victims));
    }

    /** Each key once, so that the node holds them all. */
    private static void warm(Node node, List<String> keys) throws IOException {
        List<byte[]> requests =
                keys.stream().map(key -> Bench.request(node.address(), key)).toList();
        try (ClosedLoop loop = new ClosedLoop(node.address(), requests, CONNECTIONS)) {
            loop.run(WARM_LIMIT, keys.size());
        }
    }

    /** How often a node allows a revoked client after all is over. */
    private static int resurrected(List<Node> nodes, List<Victim> victims) throws IOException {
        int allowed = 0;
        for (Node node : nodes) {
            try (KeepAlive connection = new KeepAlive(node.address())) {
                for (Victim victim : victims) {
                    allowed += connection.ask(Bench.request(node.address(), victim.key())) == 200 ? 1 : 0;
                }
            }
        }
        return allowed;
    }

    private int report(
            List<Node> nodes, List<Metrics> before, List<Revocation> all, Served served, int resurrectedAtEnd)
            throws IOException, InterruptedException {
        List<Revocation> complete = all.stream().filter(Revocation::isComplete).toList();
        Quantiles fromCommit = quantiles(complete, one -> true, Revocation::millisFromCommit);

        System.out.printf(
                Locale.ROOT,
                "%d revocations at %d a second, %d requests a second to %d nodes, %d keys%n%n",
                all.size(),
                rate,
                requestsPerSecond,
                nodes.size(),
                keyCount);
        System.out.printf(Locale.ROOT, ROW, "ms until all refuse", "count", "p50", "p90", "p99", "max");
        row("SQL, from its sending", quantiles(complete, isBy(By.SQL), Revocation::millisFromSending));
        row("SQL, from its commit", quantiles(complete, isBy(By.SQL), Revocation::millisFromCommit));
        row("CLI, from its commit", quantiles(complete, isBy(By.CLI), Revocation::millisFromCommit));
        row("both, from the commit", fromCommit);
        for (int i = 0; i < nodes.size(); i++) {
            int node = i;
            row(
                    "  on " + nodes.get(i).server().name() + " alone",
                    quantiles(
                            complete,
                            one -> true,
                            one -> (one.seen().get(node).refusedMicros() - one.committedMicros()) / 1e3));
        }
        System.out.printf(Locale.ROOT, "%n" + ROW, "ms of the writers", "count", "p50", "p90", "p99", "max");
        row("SQL, begun late by", quantiles(all, isBy(By.SQL), one -> one.lateMicros() / 1e3));
        row("SQL, statement", quantiles(all, isBy(By.SQL), RevocationLag::writeMillis));
        row("CLI, begun late by", quantiles(all, isBy(By.CLI), one -> one.lateMicros() / 1e3));
        row("CLI, command", quantiles(all, isBy(By.CLI), RevocationLag::writeMillis));
        row("load, from when due", served.millis());

        System.out.printf(Locale.ROOT, "%n%-26s %8s %12s %8s%n", "registry_change_delay", "count", "mean ms", "max ms");
        for (int i = 0; i < nodes.size(); i++) {
            Metrics now = nodes.get(i).metrics();
            double changes = since(before.get(i), now, "registry_change_delay_seconds_count");
            double seconds = since(before.get(i), now, "registry_change_delay_seconds_sum");
            System.out.printf(
                    Locale.ROOT,
                    "%-26s %8.0f %12.1f %8.0f%n",
                    "  " + nodes.get(i).server().name(),
                    changes,
                    1e3 * seconds / changes,
                    1e3 * now.sum("registry_change_delay_seconds_max"));
        }

        long resurrections = resurrectedAtEnd
                + all.stream()
                        .flatMap(one -> one.seen().stream())
                        .mapToLong(Watch.Seen::resurrections)
                        .sum();
        long others = all.stream()
                .flatMap(one -> one.seen().stream())
                .mapToLong(Watch.Seen::others)
                .sum();
        long late = complete.stream()
                .mapToLong(one -> one.seen().stream()
                        .mapToLong(seen -> seen.allowedAfter(one.committedMicros() + (long) (atMost * 1e3)))
                        .sum())
                .sum();
        System.out.printf(Locale.ROOT, "%n");
        line("not refused in time, or not written", all.size() - complete.size());
        line("allowed after a refusal", resurrections);
        line("answers neither 200 nor 401", others);
        line("living keys not answered 200", served.notOk());
        line("sent later than the limit, allowed", late);
        all.stream()
                .filter(one -> one.failure() != null)
                .limit(3)
                .forEach(one -> System.out.println("  " + one.by() + ": " + one.failure()));

        boolean wrong = complete.size() < all.size() || resurrections + others + served.notOk() > 0;
        return wrong || fromCommit.at(0.99) > atMost ? 1 : 0;
    }

    private static Predicate<Revocation> isBy(By by) {
        return one -> one.by() == by;
    }

    private static double writeMillis(Revocation one) {
        return (one.returnedMicros() - one.sentMicros()) / 1e3;
    }

    private static Quantiles quantiles(
            List<Revocation> all, Predicate<Revocation> which, ToDoubleFunction<Revocation> of) {
        return Quantiles.of(all.stream().filter(which).mapToDouble(of).toArray());
    }

    private static void row(String name, Quantiles millis) {
        System.out.printf(
                Locale.ROOT,
                "%-26s %8d %8.1f %8.1f %8.1f %8.1f%n",
                name,
                millis.count(),
                millis.at(0.5),
                millis.at(0.9),
                millis.at(0.99),
                millis.max());
    }

    private static void line(String what, long number) {
        System.out.printf(Locale.ROOT, "%-36s %8d%n", what, number);
    }

    private static double since(Metrics before, Metrics now, String name) throws IOException {
        return now.sum(name) - before.sum(name);
    }
}
