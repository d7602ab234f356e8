package io.portcullis.bus;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.Supplier;

/**
 * Asynchronous steps, one after the other, however many. Steps that each compose the next would end as a chain of futures as long as there
 * were steps, and completing that takes as deep a stack: some thousand are too many.
 */
public final class Loop {

    private Loop() {}

    /**
     * Takes the step until it says that it was the last.
     *
     * @param step completes with whether another one is due; a failure ends the loop, which fails with it
     */
    public static Future<Void> whileTrue(Supplier<Future<Boolean>> step) {
        Promise<Void> done = Promise.promise();
        run(step, done);
        return done.future();
    }

    private static void run(Supplier<Future<Boolean>> step, Promise<Void> done) {
        Future<Boolean> taken = take(step);
        while (taken.succeeded() && taken.result()) {
            taken = take(step);
        }
        taken.onFailure(done::tryFail).onSuccess(more -> {
            if (more) {
                run(step, done);
            } else {
                done.tryComplete();
            }
        });
    }

    /** As {@code compose} would: a step that throws has failed. */
    private static Future<Boolean> take(Supplier<Future<Boolean>> step) {
        return Future.<Void>succeededFuture().compose(start -> step.get());
    }
}
