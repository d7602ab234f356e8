package io.portcullis.registry;

import io.portcullis.bus.Deadline;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import org.jspecify.annotations.Nullable;

/**
 * Somebody on an event loop who waits, until his deadline, for what another thread does. His future completes on his own context; where he
 * has none (a test), on whatever thread is at it, and by nobody's clock.
 */
final class Waiter<T> {

    private final Promise<T> promise = Promise.promise();
    private final Deadline deadline;
    private final @Nullable Context context;
    private final long timer;

    Waiter(Deadline deadline) {
        this.deadline = deadline;
        context = Vertx.currentContext();
        timer = context == null
                ? -1
                : context.owner()
                        .setTimer(
                                deadline.remainingMillis(),
                                expired -> promise.tryFail(RegistryException.overloaded("no answer by the deadline")));
    }

    Future<T> future() {
        return promise.future();
    }

    /** Whether there is still time. */
    boolean waits() {
        return !deadline.expired();
    }

    void complete(T value) {
        onContext(() -> promise.tryComplete(value));
    }

    void fail(Throwable reason) {
        onContext(() -> promise.tryFail(reason));
    }

    private void onContext(Runnable answer) {
        Context own = context;
        if (own == null) {
            answer.run();
            return;
        }
        own.runOnContext(now -> {
            own.owner().cancelTimer(timer);
            answer.run();
        });
    }
}
