package io.portcullis.registry;

import com.netflix.concurrency.limits.Limit;
import com.netflix.concurrency.limits.limit.VegasLimit;
import com.netflix.concurrency.limits.limit.WindowedLimit;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many look-ups PostgreSQL is given at once. It follows from how long answers take: where more at once only take longer, PostgreSQL has
 * all it can do, and what is beyond is refused at once ({@link RegistryException.Overloaded}) instead of making all others wait. Nothing
 * queues here: PostgreSQL's own clients do that within the limit, and a refusal is to cost the caller milliseconds.
 *
 * <p>TCP Vegas' rule over means of a tenth of a second: single answers are too uneven to conclude from. It takes the best mean there was for
 * the time that an answer takes without a queue. Under an overload that lasts there is always a queue: so each ten seconds it is let run
 * dry for a moment, as TCP BBR does, or an overload that was there from the start would pass for how PostgreSQL is.
 *
 * <p>One for all shards of a process. Thread-safe.
 */
public final class StoreLimit {

    private static final Logger log = LoggerFactory.getLogger(StoreLimit.class);

    /** Before anything is known: the burst of a cold start is no overload. */
    private static final int INITIAL = 100;

    private static final long WINDOW_MILLIS = 100;
    private static final long CALM_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** An overload that has lasted so long is no burst. */
    private static final long FIRST_PROBE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long PROBE_EVERY_NANOS = TimeUnit.SECONDS.toNanos(10);
    /** Two windows: one to run dry, one to measure. */
    private static final long PROBE_NANOS = TimeUnit.MILLISECONDS.toNanos(2 * WINDOW_MILLIS);
    /** A probe leaves one in so many of what is under way. */
    private static final int PROBE_SHARE = 4;

    private final LongSupplier clock;
    private final int min;
    private final int max;
    private final Limit limit;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final Counter shed;
    private volatile boolean overloaded;
    private volatile long lastShed;
    private volatile long nextProbe;

    /**
     * Nothing is under way.
     *
     * @param min it never goes below
     * @param max it never goes above
     */
    public StoreLimit(int min, int max, MeterRegistry meters) {
        this(min, max, meters, System::nanoTime);
    }

    /** @param clock monotonic, in nanoseconds */
    StoreLimit(int min, int max, MeterRegistry meters, LongSupplier clock) {
        this.clock = clock;
        this.min = min;
        this.max = max;
        this.limit = WindowedLimit.newBuilder()
                .minWindowTime(WINDOW_MILLIS, TimeUnit.MILLISECONDS)
                .build(VegasLimit.newBuilder()
                        .initialLimit(Math.max(min, Math.min(max, INITIAL)))
                        .maxConcurrency(max)
                        .build());
        this.shed = Counter.builder("registry_store_shed")
                .description("Look-ups that PostgreSQL was not asked for because it has all it can do")
                .register(meters);
        Gauge.builder("registry_store_limit", this, StoreLimit::limit)
                .description("Look-ups that PostgreSQL is given at once at most")
                .register(meters);
        Gauge.builder("registry_store_in_flight", inFlight, AtomicInteger::get)
                .description("Look-ups that PostgreSQL has been given and not answered")
                .register(meters);
    }

    int limit() {
        return Math.max(min, Math.min(max, limit.getLimit()));
    }

    /** What holds at the moment: less while an overload is probed. */
    private int room() {
        int most = limit();
        if (!overloaded) {
            return most;
        }
        long due = nextProbe;
        long since = clock.getAsLong() - due;
        if (since >= PROBE_NANOS) {
            nextProbe = due + PROBE_EVERY_NANOS;
        }
        return since >= 0 && since < PROBE_NANOS ? Math.max(min, most / PROBE_SHARE) : most;
    }

    /** The tier behind this limit. */
    Lookup before(Lookup next) {
        return (query, deadline) -> find(next, query, deadline);
    }

    private Future<Found> find(Lookup next, Query query, Deadline deadline) {
        int before = inFlight.getAndIncrement();
        if (before >= room()) {
            inFlight.decrementAndGet();
            return refuse();
        }
        long started = clock.getAsLong();
        Future<Found> found;
        try {
            found = next.find(query, deadline);
        } catch (RuntimeException e) {
            found = Future.failedFuture(e);
        }
        return found.onComplete(done -> {
            inFlight.decrementAndGet();
            long now = clock.getAsLong();
            // What fails at once (a refused connection) tells nothing of how much PostgreSQL can do; what was not
            // answered
            // in time does.
            if (done.succeeded() || deadline.expired()) {
                limit.onSample(started, Math.max(1, now - started), before + 1, done.failed());
            }
            calm(now);
        });
    }

    private Future<Found> refuse() {
        lastShed = clock.getAsLong();
        shed.increment();
        if (!overloaded) {
            nextProbe = lastShed + FIRST_PROBE_NANOS;
            overloaded = true;
            log.warn("event=registry.overloaded limit={}", limit());
        }
        return Future.failedFuture(RegistryException.overloaded());
    }

    private void calm(long now) {
        if (overloaded && now - lastShed > CALM_NANOS) {
            overloaded = false;
            log.info("event=registry.overload_over limit={} shed={}", limit(), (long) shed.count());
        }
    }
}
