package io.portcullis;

import io.portcullis.config.Durations;
import io.portcullis.freshness.NodeStatus;
import io.portcullis.freshness.Nodes;
import io.portcullis.freshness.Position;
import io.portcullis.registry.RegistryException;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.stream.Collectors;
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

    /** What is told after a write. */
    record Sight(
            @Nullable Position position,
            Nodes.@Nullable Report report,
            @Nullable Exception failure) {

        JsonObject addTo(JsonObject document) {
            document.put("seq", position == null ? null : position.seq());
            return report == null
                    ? document
                    : document.mergeIn(FreshnessResources.json(report).put("seq", report.seq()));
        }

        String text() {
            if (position == null) {
                return "";
            }
            String change = "Change " + position.seq();
            if (report == null) {
                return change + ".";
            }
            int count = report.snapshot().nodes().size();
            return report.applied() ? change + ", applied by " + nodes(count) + "." : change + ".";
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
            if (position == null) {
                output.note("Done, but PostgreSQL could not be asked which change it is.");
                return ExitCode.OK;
            }
            if (failure != null) {
                output.note("Done, but who has applied it cannot be told: " + Failures.text(failure));
                return ExitCode.SOFTWARE;
            }
            if (report == null || report.applied()) {
                return ExitCode.OK;
            }
            output.note("Done, but not yet applied by: "
                    + report.snapshot().nodes().stream()
                            .filter(node -> !node.hasApplied(report.seq()) && !node.hasExpired())
                            .map(NodeStatus::name)
                            .collect(Collectors.joining(", "))
                    + "; they may go on without it until " + report.mayAcceptUntil() + " at the latest.");
            return ExitCode.SOFTWARE;
        }
    }

    /** Checked before anything is written. */
    void check(Output output) {
        limit(output);
    }

    /** Waits, if that was asked for. Does not fail: the change stands, whatever becomes of the waiting. */
    Sight of(@Nullable Position position, Session session, Output output) {
        Duration limit = limit(output);
        if (limit == null || position == null) {
            return new Sight(position, null, null);
        }
        try {
            return new Sight(position, session.barrier(position.seq(), limit), null);
        } catch (RegistryException | CommandException e) {
            return new Sight(position, null, e);
        }
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
