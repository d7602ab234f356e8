package io.portcullis;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waiting for a future, on a thread that may: the main thread, a shutdown hook, a command. */
final class Waiting {

    /** What takes longer has failed. */
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private Waiting() {}

    /** @param what is being done, for the message if it fails */
    static <T> T on(String what, Future<T> future) throws StartException {
        return on(what, future, LIMIT);
    }

    static <T> T on(String what, Future<T> future, Duration limit) throws StartException {
        try {
            return future.await(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new StartException(what + " took longer than " + limit.toSeconds() + " s", e);
        } catch (Exception e) {
            throw new StartException(what + " failed", e);
        }
    }
}
