package io.portcullis;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.config.GatewayConfig;
import io.portcullis.database.QueryWatch;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts and logs what PostgreSQL and Redis took long for: what it was for and how long, never what was asked or answered. A flood of slow
 * ones is counted in full and logged as {@value #MOST_LINES} lines a window; the first line of the next one tells how many were left out.
 *
 * <p>Thread-safe. On the way of a miss only.
 */
final class SlowOperations implements QueryWatch {

    private static final Logger log = LoggerFactory.getLogger(SlowOperations.class);

    static final int MOST_LINES = 5;
    static final Duration WINDOW = Duration.ofSeconds(10);

    private record Operation(String tier, String name) {}

    private final MeterRegistry metrics;
    private final LongSupplier nanoClock;
    private final Map<Operation, Counter> counters = new ConcurrentHashMap<>();
    private final Object lines = new Object();
    private long windowEndsNanos;
    private int logged;
    private long leftOut;
    private volatile long queryLimitNanos;
    private volatile long commandLimitNanos;

    /** @param nanoClock monotonic */
    SlowOperations(MeterRegistry metrics, LongSupplier nanoClock, GatewayConfig config) {
        this.metrics = metrics;
        this.nanoClock = nanoClock;
        this.windowEndsNanos = nanoClock.getAsLong();
        use(config);
    }

    /** Other limits from now on; 0 is none. */
    void use(GatewayConfig config) {
        queryLimitNanos = config.postgres().slowQuery().toNanos();
        commandLimitNanos = config.redis().slowCommand().toNanos();
    }

    @Override
    public <T> Future<T> watch(String operation, Supplier<Future<T>> query) {
        long limit = queryLimitNanos;
        if (limit == 0) {
            return query.get();
        }
        long started = nanoClock.getAsLong();
        return query.get()
                .onComplete((result, failure) ->
                        took("postgres", operation, nanoClock.getAsLong() - started, limit, failure != null));
    }

    /** A Redis command took so long. */
    void command(String name, long nanos, boolean failed) {
        long limit = commandLimitNanos;
        if (limit != 0) {
            took("redis", name, nanos, limit, failed);
        }
    }

    private void took(String tier, String name, long nanos, long limit, boolean failed) {
        if (nanos <= limit) {
            return;
        }
        counters.computeIfAbsent(new Operation(tier, name), this::counter).increment();
        long unsaid;
        synchronized (lines) {
            long now = nanoClock.getAsLong();
            if (now - windowEndsNanos >= 0) {
                windowEndsNanos = now + WINDOW.toNanos();
                logged = 0;
            }
            if (logged == MOST_LINES) {
                leftOut++;
                return;
            }
            logged++;
            unsaid = leftOut;
            leftOut = 0;
        }
        log.warn(
                "event=slow_operation tier={} operation={} millis={} limit_millis={} failed={} left_out_before={}",
                tier,
                name,
                TimeUnit.NANOSECONDS.toMillis(nanos),
                TimeUnit.NANOSECONDS.toMillis(limit),
                failed,
                unsaid);
    }

    private Counter counter(Operation operation) {
        return Counter.builder("slow_operations")
                .description("Queries and commands that took longer than their limit")
                .tag("tier", operation.tier())
                .tag("operation", operation.name())
                .register(metrics);
    }
}
