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

    /** What is answered. */
    record Report(boolean ready, JsonObject body) {}

    private final List<HealthCheck> checks;
    private @Nullable Future<Report> last;
    private long askedAtNanos;

    Readiness(List<HealthCheck> checks) {
        this.checks = checks;
    }

    Future<Report> ask() {
        long now = System.nanoTime();
        Future<Report> kept = last;
        if (kept != null && (!kept.isComplete() || now - askedAtNanos < KEPT_NANOS)) {
            return kept;
        }
        List<Future<HealthCheck.Result>> results =
                checks.stream().map(check -> check.probe().ask()).toList();
        Future<Report> report = Future.join(results).map(all -> report(results));
        last = report;
        askedAtNanos = now;
        return report;
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
