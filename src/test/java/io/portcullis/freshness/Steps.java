package io.portcullis.freshness;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/** What is under way, one thread's worth: each step is taken alone, and which is next is drawn by lot. */
public final class Steps {

    private final List<Runnable> pending = new ArrayList<>();
    private final Random random;

    public Steps(long seed) {
        random = new Random(seed);
    }

    public Random random() {
        return random;
    }

    /** To be done sometime; the future has its result then. */
    public <T> Future<T> later(Supplier<T> work) {
        Promise<T> promise = Promise.promise();
        pending.add(() -> promise.complete(work.get()));
        return promise.future();
    }

    /** Takes one of the pending steps; false where there is none. */
    public boolean take() {
        if (pending.isEmpty()) {
            return false;
        }
        pending.remove(random.nextInt(pending.size())).run();
        return true;
    }
}
