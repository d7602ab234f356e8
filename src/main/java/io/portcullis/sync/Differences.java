package io.portcullis.sync;

import io.portcullis.bus.Deadline;
import io.portcullis.bus.Loop;
import io.portcullis.source.Outcome;
import io.portcullis.source.SourceItem;
import io.portcullis.source.Verification;
import io.portcullis.source.Verification.Finding;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Pool;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A comparison that writes nothing, takes no lock, and may run beside any other. Clients that the source has no more are not looked for. */
public final class Differences {

    private static final Duration PAGE_LIMIT = Duration.ofMinutes(2);

    /**
     * A client that differs.
     *
     * @param clientId null for an item that does not say
     * @param finding null for an item that is no client's record
     * @param fault why it is none; null where it is one
     */
    public record Difference(
            @Nullable String clientId,
            @Nullable Finding finding,
            @Nullable String fault) {

        /** As a program reads it; no secret in it. */
        public JsonObject json() {
            JsonObject why = finding == null ? new JsonObject().put("reason", fault) : DifferenceView.json(finding);
            return new JsonObject()
                    .put("client_id", clientId)
                    .put("repairable", finding != null && finding.outcome() == Outcome.APPLIED)
                    .mergeIn(why);
        }
    }

    /** Hears of those that differ, on the run's context. */
    @FunctionalInterface
    public interface Listener {
        /** Whether it wants to hear of more. */
        boolean differs(Difference difference);
    }

    private final Pool postgres;
    private final ClientSource source;
    private final int pageSize;
    private final Clock clock;
    private @Nullable String cursor;
    private long compared;
    private final CursorWatch cursors = new CursorWatch();

    public Differences(Pool postgres, ClientSource source, int pageSize, Clock clock) {
        this.postgres = postgres;
        this.source = source;
        this.pageSize = pageSize;
        this.clock = clock;
    }

    /** Compares, once. How many items of the source were looked at; fails with what the source or the driver says. */
    public Future<Long> run(Listener listener) {
        return Loop.whileTrue(() -> page(listener)).map(done -> compared);
    }

    private Future<Boolean> page(Listener listener) {
        Instant askedAt = clock.instant();
        return source.page(cursor, pageSize, Deadline.in(PAGE_LIMIT)).compose(page -> {
            ParsedPage parsed = ParsedPage.of(page.items());
            List<SourceItem> items = parsed.items();
            return postgres.withConnection(connection -> Verification.look(connection, items, askedAt))
                    .map(findings -> {
                        compared += parsed.size();
                        cursor = page.next();
                        return told(parsed, findings, askedAt, listener) && cursor != null && isNew(cursor);
                    });
        });
    }

    private boolean isNew(String next) {
        if (cursors.goesRound(next)) {
            throw new IllegalStateException("the source's pages go round in a circle");
        }
        return true;
    }

    private static boolean told(ParsedPage page, List<Finding> findings, Instant askedAt, Listener listener) {
        for (Finding finding : findings) {
            // A page that is merely late would not be repaired either.
            if (!finding.agrees()
                    && Verdict.of(finding, askedAt) != Verdict.MATCHED
                    && !listener.differs(new Difference(finding.clientId(), finding, null))) {
                return false;
            }
        }
        for (var fault : page.faults().entrySet()) {
            if (!listener.differs(new Difference(fault.getKey(), null, fault.getValue()))) {
                return false;
            }
        }
        for (var fault : page.nameless().entrySet()) {
            if (!listener.differs(new Difference(null, null, fault.getKey()))) {
                return false;
            }
        }
        return true;
    }
}
