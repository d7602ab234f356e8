package io.portcullis;

import io.portcullis.config.Durations;
import io.portcullis.freshness.NodeStatus;
import io.portcullis.freshness.Nodes;
import io.portcullis.freshness.Position;
import io.portcullis.registry.RegistryException;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;

/** {@code --wait}, and what a command that writes tells about who sees it: the number of the change, and whether every node has applied it. */
final class Seen {

    private static final Duration LONGEST = Duration.ofMinutes(10);

    @Option(
            names = "--wait",
            arity = "0..1",
            paramLabel = "TIME",
            fallbackValue = "2m",
            description =
                    "Wait until every node has applied the change, for so long at most; ${FALLBACK-VALUE} if not given.")
    private @Nullable String time;

    /** Who writes, as the audit has it. */
    static String actor(Shell shell) {
        return "cli:" + shell.user();
    }

    /**
     * What is told after a write.
     *
     * @param seq null where it could not be asked for
     * @param report of the barrier; null where nobody has waited, or it could not be asked for
     * @param late names of nodes that are waited for, as far as they are known
     */
    record Sight(
            @Nullable Long seq,
            @Nullable JsonObject report,
            List<String> late,
            @Nullable Exception failure) {

        JsonObject addTo(JsonObject document) {
            document.put("seq", seq);
            return report == null ? document : document.mergeIn(report);
        }

        String text() {
            if (seq == null) {
                return "";
            }
            String change = "Change " + seq;
            return report != null && applied(report)
                    ? change + ", applied by " + nodes(report.getInteger("nodes", 0)) + "."
                    : change + ".";
        }

        private static boolean applied(JsonObject report) {
            return Boolean.TRUE.equals(report.getBoolean("applied"));
        }

        private static String nodes(int count) {
            return switch (count) {
                case 0 -> "every node (there is none)";
                case 1 -> "the one node there is";
                default -> "all " + count + " nodes";
            };
        }

        /** The command's exit code: what was to be waited for and did not come is a failure, though the change stands. */
        int exit(Output output) {
            if (seq == null) {
                output.note("Done, but PostgreSQL could not be asked which change it is.");
                return ExitCode.OK;
            }
            if (failure != null) {
                output.note("Done, but who has applied it cannot be told: " + Failures.text(failure));
                return ExitCode.SOFTWARE;
            }
            if (report == null || applied(report)) {
                return ExitCode.OK;
            }
            String until = report.getString("may_accept_until");
            output.note("Done, but not yet applied by"
                    + (late.isEmpty() ? " every node" : ": " + TextTable.printable(String.join(", ", late)))
                    + (until == null ? "." : "; they may go on without it until " + until + " at the latest."));
            return ExitCode.SOFTWARE;
        }
    }

    /** Checked before anything is written. */
    void check(Output output) {
        limit(output);
    }

    /** For the gateway, {@code wait} and {@code timeout}: the answer comes when every node has applied the change. */
    String waiting(String path, Output output) {
        Duration waits = waits(output);
        return waits.isZero()
                ? path
                : ManagementClient.path(path, "wait", "all", "timeout", Math.max(1, waits.toMillis()) + "ms");
    }

    /** How long the gateway may take for that. */
    Duration waits(Output output) {
        Duration limit = limit(output);
        return limit == null ? Duration.ZERO : shorter(limit, ManagementClient.LONGEST_WAIT);
    }

    /**
     * What came of a change that was made through the API; waits, if that was asked for and did not happen yet. Does not fail: the change
     * stands, whatever becomes of the waiting.
     */
    Sight of(JsonObject answer, ManagementClient api, Output output) {
        Long seq = answer.getLong("seq");
        Duration limit = limit(output);
        if (limit == null || seq == null) {
            return new Sight(seq, null, List.of(), null);
        }
        JsonObject report = answer.getJsonObject("barrier");
        Duration left = report == null ? limit : limit.minus(shorter(limit, ManagementClient.LONGEST_WAIT));
        try {
            report = report == null || (!left.isZero() && !Sight.applied(report)) ? barrier(api, seq, left) : report;
            return new Sight(seq, report, Sight.applied(report) ? List.of() : late(api, seq), null);
        } catch (CommandException e) {
            return new Sight(seq, null, List.of(), e);
        }
    }

    private static JsonObject barrier(ManagementClient api, long seq, Duration limit) throws CommandException {
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            Duration wait = shorter(
                    Duration.ofNanos(Math.max(1_000_000, end - System.nanoTime())), ManagementClient.LONGEST_WAIT);
            ManagementClient.Answer answer = api.call(
                    "GET",
                    ManagementClient.path("/barrier", "seq", seq, "timeout", wait.toMillis() + "ms"),
                    null,
                    "",
                    wait);
            // That it took too long is an answer as well.
            JsonObject body =
                    answer.status() == 504 ? answer.body() : api.need(answer).body();
            if (Sight.applied(body) || System.nanoTime() - end >= 0) {
                return new JsonObject()
                        .put("seq", seq)
                        .put("applied", Sight.applied(body))
                        .put("nodes", body.getInteger("nodes", 0))
                        .put("silent", body.getJsonArray("silent"))
                        .put("may_accept_until", body.getString("may_accept_until"));
            }
        }
    }

    private static List<String> late(ManagementClient api, long seq) {
        List<String> names = new ArrayList<>();
        try {
            for (JsonObject node : ManagementClient.objects(api.get("/nodes"), "nodes")) {
                boolean applied = node.getValue("behind") != null && node.getLong("applied_seq", 0L) >= seq;
                if (!applied && !"expired".equals(node.getString("state"))) {
                    names.add(node.getString("name"));
                }
            }
        } catch (CommandException e) {
            // Who is late is said as far as it is known.
        }
        return names;
    }

    /** Waits, if that was asked for. Does not fail: the change stands, whatever becomes of the waiting. */
    Sight of(@Nullable Position position, Session session, Output output) {
        Long seq = position == null ? null : Long.valueOf(position.seq());
        Duration limit = limit(output);
        if (limit == null || seq == null) {
            return new Sight(seq, null, List.of(), null);
        }
        try {
            Nodes.Report report = session.barrier(seq, limit);
            List<String> late = report.applied()
                    ? List.of()
                    : report.snapshot().nodes().stream()
                            .filter(node -> !node.hasApplied(seq) && !node.hasExpired())
                            .map(NodeStatus::name)
                            .toList();
            return new Sight(seq, FreshnessResources.json(report), late, null);
        } catch (RegistryException | CommandException e) {
            return new Sight(seq, null, List.of(), e);
        }
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private @Nullable Duration limit(Output output) {
        if (time == null) {
            return null;
        }
        try {
            Duration limit = Durations.parse(time);
            if (limit.compareTo(LONGEST) <= 0) {
                return limit;
            }
        } catch (IllegalArgumentException e) {
            throw output.misuse("--wait: " + e.getMessage());
        }
        throw output.misuse("--wait is 10m at most, not " + time);
    }
}
