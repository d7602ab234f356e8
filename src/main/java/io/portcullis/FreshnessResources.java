package io.portcullis;

import io.portcullis.config.Durations;
import io.portcullis.freshness.ChangeFeed;
import io.portcullis.freshness.NodeStatus;
import io.portcullis.freshness.Nodes;
import io.portcullis.freshness.Position;
import io.portcullis.management.Resource;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What administrators read of changes: the log, who has applied it, and the barrier that waits for all. */
final class FreshnessResources {

    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration LONGEST_TIMEOUT = Duration.ofMinutes(5);
    private static final int DEFAULT_LIMIT = 50;
    private static final int MOST_COMMITS = 200;

    private final Nodes nodes;
    private final ChangeFeed changes;

    FreshnessResources(Nodes nodes, ChangeFeed changes) {
        this.nodes = nodes;
        this.changes = changes;
    }

    List<Resource> all() {
        return List.of(
                new Resource("/barrier", Set.of("seq", "timeout"), this::barrier),
                new Resource("/nodes", Set.of(), this::nodes),
                new Resource("/changes", Set.of("after", "limit"), this::changes));
    }

    /** Waits for a change that was just made; what came of it, also where some node is still waited for. */
    Future<JsonObject> barrier(long seq, Duration timeout) {
        return nodes.barrier(seq, timeout).map(FreshnessResources::json);
    }

    private Future<Resource.Answer> barrier(Map<String, String> parameters) {
        Long seq = number(parameters.get("seq"));
        if (seq == null || seq < 0) {
            return bad("seq is the number of a change, as a change's answer gives it");
        }
        String given = parameters.get("timeout");
        Duration timeout;
        try {
            timeout = given == null ? DEFAULT_TIMEOUT : Durations.parse(given);
        } catch (IllegalArgumentException e) {
            return bad("timeout is a duration such as 10s or 500ms");
        }
        if (timeout.compareTo(LONGEST_TIMEOUT) > 0) {
            return bad("timeout is 5m at most");
        }
        return nodes.barrier(seq, timeout).transform(done -> {
            if (done.succeeded()) {
                Nodes.Report report = done.result();
                return Future.succeededFuture(
                        report.applied()
                                ? new Resource.Body(json(report))
                                : new Resource.Problem(
                                        504,
                                        65021,
                                        "Not applied everywhere in time",
                                        "the change is committed; some node may go on for a while without it",
                                        json(report)));
            }
            return Future.succeededFuture(
                    done.cause() instanceof Nodes.NoSuchChange none
                            ? Resource.Problem.badRequest(Failures.text(none))
                            : unavailable());
        });
    }

    /** Who has applied the change, who is silent, and until when those that are waited for may decide without it. */
    static JsonObject json(Nodes.Report report) {
        JsonObject body = new JsonObject()
                .put("seq", report.seq())
                .put("applied", report.applied())
                .put("nodes", report.snapshot().nodes().size())
                .put(
                        "silent",
                        new JsonArray(
                                report.silent().stream().map(NodeStatus::name).toList()));
        Instant until = report.mayAcceptUntil();
        return body.put("may_accept_until", until == null ? null : until.toString());
    }

    private Future<Resource.Answer> nodes(Map<String, String> parameters) {
        return nodes.snapshot()
                .transform(done ->
                        Future.succeededFuture(done.failed() ? unavailable() : new Resource.Body(json(done.result()))));
    }

    private static JsonObject json(Nodes.Snapshot snapshot) {
        JsonArray list = new JsonArray();
        for (NodeStatus node : snapshot.nodes()) {
            list.add(new JsonObject()
                    .put("id", node.id())
                    .put("name", node.name())
                    .put("state", state(node, snapshot.head()))
                    .put("applied_seq", node.appliedSeq())
                    .put(
                            "behind",
                            node.isInEpoch() ? Math.max(0, snapshot.head().seq() - node.appliedSeq()) : null)
                    .put("started_at", node.startedAt().toString())
                    .put("silent_ms", node.silentMillis())
                    .put("may_accept_until", node.acceptsUntil().toString()));
        }
        return position(snapshot.head()).put("nodes", list);
    }

    private static String state(NodeStatus node, Position head) {
        if (node.hasExpired()) {
            return "expired";
        }
        if (node.isSilent()) {
            return "silent";
        }
        return node.hasApplied(head.seq()) ? "current" : "behind";
    }

    private Future<Resource.Answer> changes(Map<String, String> parameters) {
        Long after = parameters.containsKey("after") ? number(parameters.get("after")) : Long.valueOf(0);
        Long limit = parameters.containsKey("limit") ? number(parameters.get("limit")) : Long.valueOf(DEFAULT_LIMIT);
        if (after == null || after < 0) {
            return bad("after is the number of the last change that you have seen, 0 for none");
        }
        if (limit == null || limit < 1 || limit > MOST_COMMITS) {
            return bad("limit is 1 to " + MOST_COMMITS);
        }
        return changes.after(after, limit.intValue()).transform(done -> {
            if (done.failed()) {
                return Future.succeededFuture(unavailable());
            }
            ChangeFeed.Page page = done.result();
            // Somebody who follows the log must not take a gap for silence; who only looks begins at what there is.
            if (after > 0 && after < page.prunedSeq()) {
                return Future.succeededFuture(new Resource.Problem(
                        410,
                        65022,
                        "No longer in the log",
                        "the log begins behind " + page.prunedSeq() + ": start over from the records themselves",
                        new JsonObject().put("pruned_seq", page.prunedSeq())));
            }
            return Future.succeededFuture(new Resource.Body(json(page, after)));
        });
    }

    private static JsonObject json(ChangeFeed.Page page, long after) {
        JsonArray commits = new JsonArray();
        long next = after;
        for (ChangeFeed.Commit commit : page.commits()) {
            JsonArray entries = new JsonArray();
            commit.changes()
                    .forEach(change -> entries.add(new JsonObject()
                            .put("kind", change.kind())
                            .put("id", change.id())
                            .put("version", change.version())
                            .put("op", change.op())));
            commits.add(new JsonObject()
                    .put("seq", commit.seq())
                    .put("committed_at", commit.committedAt().toString())
                    .put("changes", entries)
                    .put("more", commit.more()));
            next = commit.seq();
        }
        return position(page.head())
                .put("pruned_seq", page.prunedSeq())
                .put("commits", commits)
                .put("next", next);
    }

    private static JsonObject position(Position head) {
        return new JsonObject().put("epoch", head.epoch()).put("seq", head.seq());
    }

    private static Resource.Answer unavailable() {
        return new Resource.Problem(503, 65011, "Database error", "PostgreSQL does not answer", new JsonObject());
    }

    private static Future<Resource.Answer> bad(String detail) {
        return Future.succeededFuture(Resource.Problem.badRequest(detail));
    }

    private static @Nullable Long number(@Nullable String text) {
        try {
            return text == null ? null : Long.valueOf(text);
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
