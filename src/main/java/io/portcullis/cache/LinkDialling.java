package io.portcullis.cache;

import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import java.util.function.Supplier;

/** A link's attempts to get a connection: the first at once, later ones further and further apart. Belongs to one event loop. */
final class LinkDialling {

    /** For so long may commands wait for a first attempt. */
    static final long HOLD_MILLIS = 100;

    private static final long NO_TIMER = -1;

    /** Hears how it goes. */
    interface Listener {
        void connected(GuardedConnection connection);

        void failed(RedisFailure why);

        /** The first attempt has taken {@value #HOLD_MILLIS} ms and goes on. */
        void slow();
    }

    private final ContextInternal context;
    private final Backoff backoff;
    private final Supplier<Future<GuardedConnection>> dial;
    private final Listener listener;
    private int attempt;
    private int series;
    private long retryTimer = NO_TIMER;
    private long holdTimer = NO_TIMER;

    LinkDialling(
            ContextInternal context, Backoff backoff, Supplier<Future<GuardedConnection>> dial, Listener listener) {
        this.context = context;
        this.backoff = backoff;
        this.dial = dial;
        this.listener = listener;
    }

    /** Starts anew: an attempt at once. */
    void begin() {
        stop();
        attempt = 0;
        int mine = series;
        holdTimer = context.setTimer(HOLD_MILLIS, id -> listener.slow());
        // Not from inside a caller's context: the connection must belong to the link's own.
        context.runOnContext(v -> dial(mine));
    }

    /** Another attempt after a wait. */
    void again() {
        stop();
        attempt++;
        int mine = series;
        retryTimer = context.setTimer(backoff.delayMillis(attempt), id -> dial(mine));
    }

    /** The next wait is the shortest again. */
    void forgetAttempts() {
        attempt = 0;
    }

    /** What is under way is of no more use. */
    void stop() {
        series++;
        context.owner().cancelTimer(retryTimer);
        context.owner().cancelTimer(holdTimer);
    }

    private void dial(int mine) {
        if (mine != series) {
            return;
        }
        dial.get().onComplete((connection, failure) -> {
            if (connection != null && mine != series) {
                connection.drain();
            } else if (connection != null) {
                listener.connected(connection);
            } else if (mine == series && failure instanceof RedisFailure why) {
                listener.failed(why);
            }
        });
    }
}
