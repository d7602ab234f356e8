package io.portcullis.events;

import io.portcullis.bus.Deadline;
import io.portcullis.cache.GroupStanding;
import io.portcullis.cache.StreamGroup;
import io.portcullis.cache.StreamId;
import io.vertx.core.Future;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks where the group stands, for the gauges, and notices what went out of the stream unapplied. Belongs to one event loop. */
final class StreamWatch {

    private static final Logger log = LoggerFactory.getLogger(StreamWatch.class);
    private static final Duration LIMIT = Duration.ofSeconds(2);
    /** In time for the next figure of who scrapes, and dear to nobody. */
    private static final long EVERY_NANOS = Duration.ofMillis(900).toNanos();

    private static final long COUNT_EVERY_NANOS = Duration.ofSeconds(10).toNanos();

    private final StreamGroup group;
    private final DeadLetters letters;
    private final EventMeters meters;
    private boolean looking;
    private long lookedAt = System.nanoTime() - EVERY_NANOS;
    private long countedAt = System.nanoTime() - COUNT_EVERY_NANOS;

    StreamWatch(StreamGroup group, DeadLetters letters, EventMeters meters) {
        this.group = group;
        this.letters = letters;
        this.meters = meters;
    }

    /** Looks unless somebody did a moment ago. */
    void tick() {
        long now = System.nanoTime();
        if (!looking && now - lookedAt >= EVERY_NANOS) {
            look();
        }
        if (now - countedAt >= COUNT_EVERY_NANOS) {
            countLetters();
        }
    }

    /** Looks. Never fails: where Redis is away, the figures stay. */
    Future<Void> look() {
        looking = true;
        return group.standing(Deadline.in(LIMIT)).transform(result -> {
            looking = false;
            if (result.succeeded()) {
                lookedAt = System.nanoTime();
                take(result.result());
            }
            return Future.succeededFuture();
        });
    }

    private void take(@Nullable GroupStanding standing) {
        if (standing == null) {
            meters.standing(null, 0);
            return;
        }
        Long behind = standing.behind();
        meters.standing(behind == null ? null : behind + standing.pending(), standing.oldestAgeMillis());
        if (standing.lost() > 0) {
            wentLost(standing.lost(), "unread", standing.lastDelivered());
        }
    }

    /** So many entries are gone that were not applied. */
    void wentLost(long count, String state, StreamId near) {
        meters.trimmed(count);
        log.warn(
                "event=admin_events.trimmed count={} state={} near={} hint=\"the stream is trimmed before its events are applied: run a sync\"",
                count,
                state,
                near);
    }

    void countLetters() {
        countedAt = System.nanoTime();
        letters.count(Deadline.in(LIMIT)).onSuccess(meters::deadLetters);
    }
}
