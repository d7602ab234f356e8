package io.portcullis.freshness;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.freshness.ChangeLog.Back;
import io.portcullis.freshness.ChangeLog.Commit;
import io.portcullis.freshness.ChangeLog.Page;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The tail of a process, handed one commit of one change at a time: what applying it costs, without what reading it costs. */
public final class FedTail {

    private static final Duration LONG = Duration.ofHours(10);

    private final FollowedLog followed = FollowedLog.fresh(LONG, Duration.ZERO);
    private final NextCommit source = new NextCommit();
    private final Tail tail;

    /** @param mostFences that are held; from then on each change drops the oldest for its own */
    public FedTail(Evictions evictions, int mostFences) {
        tail = new Tail(new Tail.Parts(
                () -> source,
                freshness(),
                evictions,
                Fences::new,
                new Tail.Limits(LONG, mostFences),
                told -> {},
                new FreshnessMeters(new SimpleMeterRegistry(), freshness()),
                System::nanoTime,
                pause -> Future.succeededFuture()));
    }

    public Freshness freshness() {
        return followed.freshness();
    }

    /** Wakes the tail, which finds this in the log. */
    public void apply(Change change) {
        source.commit = new Commit(source.seq() + 1, "", 0, List.of(change));
        if (!tail.catchUp().succeeded()) {
            throw new IllegalStateException("not applied: " + change);
        }
    }

    private static final class NextCommit implements ChangeLog {
        private @Nullable Commit commit;

        long seq() {
            return commit == null ? 0 : commit.seq();
        }

        @Override
        public Future<Page> read(long seq) {
            List<Commit> found = commit == null ? List.of() : List.of(commit);
            return Future.succeededFuture(new Page(new Position(FollowedLog.EPOCH, seq()), "", 0, "", found, false));
        }

        @Override
        public Future<Void> readLarge(Commit large, Function<List<Change>, Future<Void>> portion) {
            return Future.failedFuture("nothing is large here");
        }

        @Override
        public Future<Back> readBack(long untilSeq, long keepMillis) {
            return Future.failedFuture("nobody starts over here");
        }

        @Override
        public Future<Void> raiseEpoch(String expected) {
            return Future.failedFuture("history does not change here");
        }
    }
}
