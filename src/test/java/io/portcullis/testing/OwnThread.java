package io.portcullis.testing;

import java.util.concurrent.Executor;

/** A thread for each task that waits: since JDK 25 the pool that is there anyway has but one of them on two cores. */
public final class OwnThread {

    /** Runs each task on a thread of its own. */
    public static final Executor EACH = task -> {
        Thread thread = new Thread(task, "own-thread");
        thread.setDaemon(true);
        thread.start();
    };

    private OwnThread() {}
}
