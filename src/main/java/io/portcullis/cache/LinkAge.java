package io.portcullis.cache;

import io.vertx.core.internal.ContextInternal;
import java.util.concurrent.TimeUnit;

/** Says when a link's connection is old enough to be replaced, and when nobody has used it for long. Belongs to one event loop. */
final class LinkAge {

    private static final long NO_TIMER = -1;

    private final ContextInternal context;
    private final RedisSettings settings;
    private final Backoff backoff;
    private final Runnable onOld;
    private final Runnable onUnused;
    private long usedAt = System.nanoTime();
    private long oldTimer = NO_TIMER;
    private long unusedTimer = NO_TIMER;

    LinkAge(ContextInternal context, RedisSettings settings, Backoff backoff, Runnable onOld, Runnable onUnused) {
        this.context = context;
        this.settings = settings;
        this.backoff = backoff;
        this.onOld = onOld;
        this.onUnused = onUnused;
    }

    /** From now on a link that is not used may rest. */
    void watchUse() {
        watchAgainIn(settings.idleTimeout().toMillis());
    }

    void used(long now) {
        usedAt = now;
    }

    /** There is a fresh connection. */
    void renewed() {
        oldIn(backoff.earlier(settings.maxLifetime().toMillis()));
    }

    /** There is no fresh one to be had now. */
    void renewalFailed() {
        oldIn(Backoff.MAX_MILLIS);
    }

    /** There is no connection that could grow old. */
    void gone() {
        cancel(oldTimer);
    }

    void close() {
        cancel(oldTimer);
        cancel(unusedTimer);
    }

    private void oldIn(long millis) {
        cancel(oldTimer);
        oldTimer = context.setTimer(millis, id -> onOld.run());
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

    private void cancel(long timer) {
        context.owner().cancelTimer(timer);
    }
}
