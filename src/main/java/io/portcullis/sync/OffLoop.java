package io.portcullis.sync;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.util.function.Supplier;

/**
 * Does asynchronous work on a worker's thread, one step at a time, since a step of it takes longer than an event loop may be held up. No verticle
 * of its own: one that is deployed by another one is undeployed before that one has been told to stop.
 */
final class OffLoop {

    private final Vertx vertx;
    private final Context worker;

    OffLoop(Vertx vertx) {
        this.vertx = vertx;
        this.worker = ((VertxInternal) vertx).createWorkerContext();
    }

    /** Does it there, and says so on the caller's context. */
    <T> Future<T> run(Supplier<Future<T>> work) {
        Context here = vertx.getOrCreateContext();
        Promise<T> done = Promise.promise();
        worker.runOnContext(there -> work.get().onComplete(result -> here.runOnContext(back -> done.handle(result))));
        return done.future();
    }
}
