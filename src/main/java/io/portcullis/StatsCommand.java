package io.portcullis;

import io.vertx.core.json.JsonObject;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "stats", description = "Shows requests, outcomes, latency and the busiest clients, by the minute.")
final class StatsCommand implements Callable<Integer> {

    private static final int MOST_MINUTES = 1440;
    private static final int MOST_CLIENTS = 100;

    @Option(
            names = "--minutes",
            paramLabel = "N",
            defaultValue = "60",
            description = "So many of the last ones, 1 to " + MOST_MINUTES + "; ${DEFAULT-VALUE} by default.")
    private int minutes = 60;

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "10",
            description = "So many clients, 1 to " + MOST_CLIENTS + "; ${DEFAULT-VALUE} by default.")
    private int top = 10;

    @Mixin
    private final ApiOptions options = new ApiOptions();

    @Mixin
    private final Output output = new Output();

    private final Shell shell;

    StatsCommand(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() throws CommandException {
        if (minutes < 1 || minutes > MOST_MINUTES) {
            throw output.misuse("--minutes is 1 to " + MOST_MINUTES + ", not " + minutes);
        }
        if (top < 1 || top > MOST_CLIENTS) {
            throw output.misuse("--top is 1 to " + MOST_CLIENTS + ", not " + top);
        }
        JsonObject stats = options.open(shell).get(ManagementClient.path("/stats", "minutes", minutes, "top", top));
        if (output.asJson()) {
            output.json(stats);
        } else {
            output.text(text(stats));
        }
        return ExitCode.OK;
    }

    private static String text(JsonObject stats) {
        TextTable byMinute =
                new TextTable().row("MINUTE", "REQUESTS", "P50 MS", "P90 MS", "P99 MS", "MAX MS", "OUTCOMES", "TIERS");
        for (JsonObject minute : ManagementClient.objects(stats, "minutes")) {
            JsonObject latency = object(minute, "latency_ms");
            byMinute.row(
                    minute.getValue("minute"),
                    minute.getValue("requests"),
                    latency.getValue("p50"),
                    latency.getValue("p90"),
                    latency.getValue("p99"),
                    latency.getValue("max"),
                    counts(object(minute, "outcomes")),
                    counts(object(minute, "tiers")));
        }
        TextTable busiest = new TextTable().row("CLIENT ID", "CODE", "TENANT", "REQUESTS");
        for (JsonObject client : ManagementClient.objects(stats, "top_clients")) {
            busiest.row(
                    client.getValue("client_id"),
                    client.getValue("client_code"),
                    client.getValue("tenant_id"),
                    client.getValue("requests"));
        }
        TextTable totals = new TextTable()
                .row("From", stats.getValue("from"))
                .row("To", stats.getValue("to"))
                .row("Nodes", stats.getValue("nodes"));
        for (String name : object(stats, "totals").fieldNames()) {
            Object total = object(stats, "totals").getValue(name);
            totals.row("Total " + name.replace('_', ' '), total instanceof JsonObject inner ? counts(inner) : total);
        }
        String gap = System.lineSeparator();
        return byMinute.render() + gap + busiest.render() + gap + totals.render();
    }

    private static JsonObject object(JsonObject document, String name) {
        return document.getValue(name) instanceof JsonObject object ? object : new JsonObject();
    }

    private static String counts(JsonObject counts) {
        return counts.fieldNames().stream()
                .map(name -> name + " " + Objects.requireNonNullElse(counts.getValue(name), "-"))
                .collect(Collectors.joining(", "));
    }
}
