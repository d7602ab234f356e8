package io.portcullis.registry;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the ladder answered last time. While it does not, one request a second asks it; the others, if a record of their own may still
 * serve, do not wait for a time-out that is known to come. One line of log when it begins and one when it ends. Thread-safe.
 */
final class Outage {

    private static final Logger log = LoggerFactory.getLogger(Outage.class);

    private static final long PROBE_EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long CALM_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final AtomicLong nextProbe = new AtomicLong();
    private volatile long lastFailure;
    private volatile boolean failing;

    /** Whether this request should ask; true for all while there is no outage. */
    boolean mayAsk(long nowNanos) {
        if (!failing) {
            return true;
        }
        long due = nextProbe.get();
        return nowNanos - due >= 0 && nextProbe.compareAndSet(due, nowNanos + PROBE_EVERY_NANOS);
    }

    /** Where one tier answers some and another fails others, that is one outage, not many. */
    void answered(long nowNanos) {
        if (failing && nowNanos - lastFailure > CALM_NANOS) {
            failing = false;
            log.info("event=registry.reachable");
        }
    }

    /** A database that has too much to do is not away: it answers those whom it is asked for. */
    void failed(Throwable reason, long nowNanos) {
        if (reason instanceof RegistryException.Overloaded) {
            return;
        }
        nextProbe.set(nowNanos + PROBE_EVERY_NANOS);
        lastFailure = nowNanos;
        if (!failing) {
            failing = true;
            log.warn("event=registry.unreachable reason=\"{}\"", reason.getMessage());
        }
    }
}
