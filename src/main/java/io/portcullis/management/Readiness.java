package io.portcullis.management;

import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks all checks, at most once a second whoever asks how often: a probe is a query, and readiness is no way to load the database. Belongs
 * to one event loop.
 */
final class Readiness {

    private static final long KEPT_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long PATIENCE_MILLIS = 300;

    /** What is answered. */
    record Report(boolean ready, JsonObject body) {}

    private final List<HealthCheck> checks;
    private @Nullable Report last;
    private @Nullable Future<Report> asking;
    private long askedAtNanos = System.nanoTime() - KEPT_NANOS;

    Readiness(List<HealthCheck> checks) {
        this.checks = checks;
    }

    Future<Report> ask() {
        long now = System.nanoTime();
        if (asking == null && now - askedAtNanos >= KEPT_NANOS) {
            askedAtNanos = now;
            asking = probe().onComplete(done -> {
                last = done.succeeded() ? done.result() : last;
                asking = null;
            });
        }
        Report known = last;
        Future<Report> pending = asking;
        if (pending == null) {
            return known == null ? probe() : Future.succeededFuture(known);
        }
        // An orchestrator's own limit is often a second: a probe that hangs is answered with what was known before it.
        return known == null
                ? pending
                : pending.timeout(PATIENCE_MILLIS, TimeUnit.MILLISECONDS).otherwise(known);
    }

    private Future<Report> probe() {
        List<Future<HealthCheck.Result>> results =
                checks.stream().map(check -> check.probe().ask()).toList();
        return Future.join(results).map(all -> report(results));
    }

    private Report report(List<Future<HealthCheck.Result>> results) {
        HealthCheck.Level worst = HealthCheck.Level.UP;
        JsonArray list = new JsonArray();
        for (int i = 0; i < checks.size(); i++) {
            HealthCheck.Result result = results.get(i).result();
            worst = result.level().compareTo(worst) > 0 ? result.level() : worst;
            JsonObject entry =
                    new JsonObject().put("name", checks.get(i).name()).put("status", text(result.level()));
            if (!result.detail().isEmpty()) {
                entry.put("detail", result.detail());
            }
            list.add(entry);
        }
        return new Report(
                worst != HealthCheck.Level.DOWN,
                new JsonObject().put("status", text(worst)).put("checks", list));
    }

    private static String text(HealthCheck.Level level) {
        return switch (level) {
            case UP -> "up";
            case DEGRADED -> "degraded";
            case DOWN -> "down";
        };
    }
}
