package io.portcullis.load;

import io.portcullis.load.Bench.Node;
import io.portcullis.load.FixedRate.Served;
import io.portcullis.load.Revocations.By;
import io.portcullis.load.Revocations.Revocation;
import io.portcullis.load.Revocations.Victim;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
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

    @Option(
            names = "--jar",
            paramLabel = "FILE",
            required = true,
            description = "the gateway (default: the one just built)")
    private Path jar;

    @Option(names = "--count", paramLabel = "N", defaultValue = "1000", description = "revocations (${DEFAULT-VALUE})")
    private int count;

    @Option(
            names = "--by",
            paramLabel = "WRITER",
            split = ",",
            defaultValue = "SQL,CLI",
            description =
                    "who revokes, by turns: SQL, CLI (the command line), EVENT (the Admin Service's stream) (${DEFAULT-VALUE})")
    private List<By> turns;

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
            defaultValue = "1000",
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
            Map<String, String> settings =
                    turns.contains(By.EVENT) ? Map.of("PORTCULLIS_DEPLOYMENT_ADMIN_EVENTS_INSTANCES", "1") : Map.of();
            nodes.add(bench.startNode("node-1", settings));
            List<String> keys = bench.fillRegistry(warmUp + count + keyCount);
            for (int i = 2; i <= NODES; i++) {
                nodes.add(bench.startFurtherNode("node-" + i, settings));
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
            FilledNode.hold(node.address(), keys);
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
                Revocations writers = new Revocations(nodes, registry, bench.data(), turns)) {
            load.start();
            // All that is done around the measured part is done once before: the nodes' first answer with metrics costs
            // the compiled
            // code of all answers, and seconds until it is compiled anew.
            writers.run(victims.subList(0, warmUp / 2), rate);
            metrics(nodes);
            writers.run(victims.subList(warmUp / 2, warmUp), rate);
            before.addAll(metrics(nodes));
            revocations = writers.run(victims.subList(warmUp, victims.size()), rate);
            served = load.stop();
        }
        LagReport report =
                new LagReport(revocations, served, resurrected(nodes, written(victims, revocations)), atMost);
        System.out.printf(
                Locale.ROOT,
                "%d revocations at %d a second, %d requests a second to %d nodes, %d keys%n",
                count,
                rate,
                requestsPerSecond,
                NODES,
                keyCount);
        report.lags(nodes);
        report.writers();
        LagReport.nodes(nodes, before);
        report.faults();
        return report.isGood() ? 0 : 1;
    }

    private static List<Metrics> metrics(List<Node> nodes) throws IOException, InterruptedException {
        List<Metrics> metrics = new ArrayList<>();
        for (Node node : nodes) {
            metrics.add(node.metrics());
        }
        return metrics;
    }

    /** Those of the measured victims that were revoked; what could not be written is counted elsewhere. */
    private List<Victim> written(List<Victim> victims, List<Revocation> revocations) {
        List<Victim> revoked = new ArrayList<>();
        for (int i = 0; i < revocations.size(); i++) {
            if (revocations.get(i).isComplete()) {
                revoked.add(victims.get(warmUp + i));
            }
        }
        return revoked;
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
}
