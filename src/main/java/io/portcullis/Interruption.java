package io.portcullis;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** While it is open, Ctrl-C (SIGINT, SIGTERM) calls something that ends the work in order, and the process waits for that. */
final class Interruption implements AutoCloseable {

    private static final long LIMIT_SECONDS = 20;

    private final CountDownLatch over = new CountDownLatch(1);
    private final Thread hook = new Thread(this::interrupted, "interruption");
    private volatile Runnable call = () -> {};

    Interruption() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    void calls(Runnable ending) {
        call = ending;
    }

    private void interrupted() {
        call.run();
        try {
            if (!over.await(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                System.err.println("The work did not end in time.");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        over.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending, by this hook among others.
        }
    }
}
