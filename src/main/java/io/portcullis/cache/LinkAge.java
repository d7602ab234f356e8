package io.portcullis.cache;

import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Replaces a link's connection when it is old or suspect, and says when nobody has used it for long. Belongs to one event loop. */
final class LinkAge {

    private static final long NO_TIMER = -1;
    private static final long SOON = TimeUnit.MILLISECONDS.toNanos(Backoff.MAX_MILLIS);

    private final ContextInternal context;
    private final RedisSettings settings;
    private final Backoff backoff;
    private final Supplier<Future<GuardedConnection>> dial;
    private final Consumer<GuardedConnection> onFresh;
    private final Runnable onUnused;
    private long usedAt = System.nanoTime();
    private long triedAt = usedAt - SOON;
    private boolean trying;
    private boolean wanted;
    private long oldTimer = NO_TIMER;
    private long unusedTimer = NO_TIMER;

    /** @param onFresh is given each connection that was dialled here; whether it is still wanted is for the link to say */
    LinkAge(
            ContextInternal context,
            RedisSettings settings,
            Backoff backoff,
            Supplier<Future<GuardedConnection>> dial,
            Consumer<GuardedConnection> onFresh,
            Runnable onUnused) {
        this.context = context;
        this.settings = settings;
        this.backoff = backoff;
        this.dial = dial;
        this.onFresh = onFresh;
        this.onUnused = onUnused;
    }

    /** From now on a link that is not used may rest. */
    void watchUse() {
        watchAgainIn(settings.idleTimeout().toMillis());
    }

    void used(long now) {
        usedAt = now;
    }

    /** The link has a connection that is as good as new. */
    void renewed() {
        wanted = true;
        renewIn(backoff.earlier(settings.maxLifetime().toMillis()));
    }

    /** The link has no connection that could grow old. */
    void gone() {
        wanted = false;
        context.owner().cancelTimer(oldTimer);
    }

    void close() {
        gone();
        context.owner().cancelTimer(unusedTimer);
    }

    /** Replaces the connection now, unless that was tried a moment ago; false if so. */
    boolean renewIfNotJustTried() {
        boolean due = System.nanoTime() - triedAt >= SOON;
        if (due) {
            renew();
        }
        return due;
    }

    private void renew() {
        if (!wanted || trying) {
            return;
        }
        trying = true;
        triedAt = System.nanoTime();
        // Not from inside a caller's context: the connection must belong to the link's own.
        context.runOnContext(v -> dial.get().onComplete((connection, failure) -> {
            trying = false;
            if (connection != null) {
                onFresh.accept(connection);
            } else if (wanted) {
                renewIn(Backoff.MAX_MILLIS);
            }
        }));
    }

    private void renewIn(long millis) {
        context.owner().cancelTimer(oldTimer);
        oldTimer = context.setTimer(millis, id -> renew());
    }

    private void watchAgainIn(long millis) {
        unusedTimer = context.setTimer(millis, id -> {
            long unused = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - usedAt);
            long left = settings.idleTimeout().toMillis() - unused;
            if (left <= 0) {
                onUnused.run();
            }
            watchAgainIn(left > 0 ? left : settings.idleTimeout().toMillis());
        });
    }
}
