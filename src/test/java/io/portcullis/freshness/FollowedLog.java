package io.portcullis.freshness;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/** A process's view of the change log, without a database: moved by hand, or by a tail that reads a log in memory. */
public final class FollowedLog {

    public static final String EPOCH = "memory";

    private static final Duration LONG = Duration.ofHours(1);

    private final Freshness freshness;

    private FollowedLog(Freshness freshness) {
        this.freshness = freshness;
    }

    /** A process that holds its lease, at the beginning of the log. */
    public static FollowedLog fresh(Duration lease, Duration grace) {
        return confirmedAgo(Duration.ZERO, lease, grace);
    }

    /** A process that last knew of every change so long ago. */
    public static FollowedLog confirmedAgo(Duration ago, Duration lease, Duration grace) {
        FollowedLog log = present(ago, lease, grace);
        log.startOver(EPOCH, 0);
        log.freshness.confirmed(System.nanoTime() - ago.toNanos());
        return log;
    }

    /** A process that holds its lease, with fences of the test's own making. */
    public static FollowedLog with(Fences fences) {
        FollowedLog log = present(Duration.ZERO, LONG, Duration.ZERO);
        log.freshness.startOver(fences, 0);
        log.freshness.confirmed(System.nanoTime());
        return log;
    }

    /** A process that reads a log in memory, by steps. */
    public static Reader reading(
            MemoryLog log,
            Steps steps,
            Evictions evictions,
            BiFunction<String, Long, Fences> fences,
            Consumer<Changes> told) {
        FollowedLog followed = present(Duration.ZERO, LONG, Duration.ZERO);
        ChangeLog source = log.through(steps);
        Tail tail = new Tail(new Tail.Parts(
                () -> source,
                followed.freshness,
                evictions,
                fences::apply,
                new Tail.Limits(LONG, 1_000_000),
                told,
                new FreshnessMeters(new SimpleMeterRegistry(), followed.freshness),
                System::nanoTime,
                pause -> Future.succeededFuture()));
        return new Reader(followed, tail);
    }

    /** A log and the tail that follows it. */
    public record Reader(FollowedLog followed, Tail tail) {

        /** Wakes the tail: it has applied everything when the future completes. */
        public Future<Void> catchUp() {
            return tail.catchUp();
        }

        public Freshness freshness() {
            return followed.freshness;
        }
    }

    private static FollowedLog present(Duration ago, Duration lease, Duration grace) {
        FollowedLog log = new FollowedLog(new Freshness(lease, grace));
        long now = System.nanoTime();
        log.freshness.present(now, now - ago.toNanos() - Duration.ofMinutes(1).toNanos(), grace.toNanos());
        return log;
    }

    public Freshness freshness() {
        return freshness;
    }

    public void startOver(String epoch, long seq) {
        freshness.startOver(new Fences(epoch, seq), seq);
    }

    /** As the tail does it, without the evictions. */
    public void apply(Change change, long seq) {
        freshness.fences().raise(change, seq, System.nanoTime());
        freshness.advanced(seq);
    }

    /** Forgets all fences, as when there are too many. */
    public void forgetFences() {
        freshness.fences().forget(System.nanoTime(), 0, 0);
    }
}
