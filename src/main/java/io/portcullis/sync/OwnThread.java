package io.portcullis.sync;

import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.util.function.Supplier;

/** A worker thread for runs: comparing a page takes longer than an event loop may be held up. Belongs to the context that made it. */
final class OwnThread {

    private final Vertx vertx;
    private final String deployment;
    private final Context context;

    private OwnThread(Vertx vertx, String deployment, Context context) {
        this.vertx = vertx;
        this.deployment = deployment;
        this.context = context;
    }

    static Future<OwnThread> start(Vertx vertx) {
        Promise<Context> started = Promise.promise();
        return vertx.deployVerticle(
                        () -> new VerticleBase() {
                            @Override
                            public Future<?> start() {
                                started.complete(context);
                                return Future.succeededFuture();
                            }
                        },
                        new DeploymentOptions()
                                .setThreadingModel(ThreadingModel.WORKER)
                                .setWorkerPoolName("sync")
                                .setWorkerPoolSize(1))
                .compose(id -> started.future().map(context -> new OwnThread(vertx, id, context)));
    }

    /** Does it there, and says so here. */
    <T> Future<T> run(Supplier<Future<T>> work) {
        Context here = vertx.getOrCreateContext();
        Promise<T> done = Promise.promise();
        context.runOnContext(there -> work.get().onComplete(result -> here.runOnContext(back -> done.handle(result))));
        return done.future();
    }

    Future<Void> stop() {
        return vertx.undeploy(deployment);
    }
}
