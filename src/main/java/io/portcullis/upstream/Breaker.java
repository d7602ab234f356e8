package io.portcullis.upstream;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.bus.Deadline;
import io.vertx.circuitbreaker.CircuitBreaker;
import io.vertx.circuitbreaker.CircuitBreakerOptions;
import io.vertx.circuitbreaker.TimeoutException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands before one service: when too large a part of its latest calls failed, it is left alone for a while, and then one call finds out
 * whether it is back. The state, the timer that ends that while, and the one probe with its time-out are vertx-circuit-breaker's. When to
 * open is decided here, by an {@link OutcomeWindow}: there a success clears the count of failures, so that a service which fails every other
 * call would be asked for ever (its issue #53).
 *
 * <p>Only probes go through that library's {@code execute}. It would take the success of any call that began before the opening for that of
 * the probe, and close; calls that begin here while it is closed never tell it how they ended, and what they say is of no account once it
 * has opened.
 *
 * <p>Thread-safe. Its timers belong to the verticle that uses it, and go with it: a breaker has one verticle.
 */
final class Breaker {

    private static final Logger log = LoggerFactory.getLogger(Breaker.class);

    /** What the end of a call says about the service. */
    enum Verdict {
        /** It answers, whether or not the caller likes what. */
        ANSWERED,
        /** It does not do its work. */
        FAILED,
        /** Nothing: the call did not reach it, or was not given the time. */
        UNKNOWN
    }

    private final Vertx vertx;
    private final String service;
    private final BreakerSettings settings;
    private final Duration limit;
    private final Function<Throwable, Verdict> judge;
    private final CircuitBreaker library;

    /** Also the lock of all that decides whether to open. Taken inside the library's own lock, never around it. */
    private final OutcomeWindow window;

    /** How often it has closed. A call that began in another term than it ends in says nothing of this one. */
    private volatile int term;

    /** The library's, where it can be read without its lock; OPEN a moment earlier than there. */
    private volatile BreakerState state = BreakerState.CLOSED;

    private final AtomicBoolean probing = new AtomicBoolean();

    /**
     * Closed.
     *
     * @param limit the longest that the service may take for a call
     * @param judge of a failure of whatever type; a value is an answer
     */
    Breaker(
            Vertx vertx,
            String service,
            BreakerSettings settings,
            Duration limit,
            Function<Throwable, Verdict> judge,
            MeterRegistry meters) {
        this(vertx, service, settings, limit, judge, meters, System::nanoTime);
    }

    /** @param clock monotonic, in nanoseconds */
    Breaker(
            Vertx vertx,
            String service,
            BreakerSettings settings,
            Duration limit,
            Function<Throwable, Verdict> judge,
            MeterRegistry meters,
            LongSupplier clock) {
        this.vertx = vertx;
        this.service = service;
        this.settings = settings;
        this.limit = limit;
        this.judge = judge;
        this.window = new OutcomeWindow(settings.window(), clock);
        // Its own count is out of the way. Without a time-out a probe that hangs would keep it half-open for ever.
        this.library = CircuitBreaker.create(
                        service,
                        vertx,
                        new CircuitBreakerOptions()
                                .setMaxFailures(Integer.MAX_VALUE)
                                .setTimeout(limit.toMillis())
                                .setResetTimeout(settings.openFor().toMillis()))
                .<Object>failurePolicy(probe -> probe.failed() && judge.apply(probe.cause()) != Verdict.ANSWERED)
                .openHandler(nothing -> opened())
                .halfOpenHandler(nothing -> halfOpened())
                .closeHandler(nothing -> closed());
        Gauge.builder("upstream_breaker_state", this, breaker -> breaker.state.gauge())
                .description(
                        "Whether the service is asked: 0 closed (it is), 1 half-open (one call at a time), 2 open (no)")
                .tag("service", service)
                .register(meters);
    }

    BreakerState state() {
        return state;
    }

    /**
     * Runs the call, or fails at once with {@link UpstreamException.Unavailable}.
     *
     * @param deadline the caller's: it hears no later
     * @param call is told when to give up: at the deadline or the service's limit. A probe has the whole limit, or one impatient caller after
     *     the other would find a service that is back too slow
     */
    <T> Future<T> call(Deadline deadline, Function<Deadline, Future<T>> call) {
        return switch (state) {
            case CLOSED -> ordinary(deadline.atMost(limit), call);
            case HALF_OPEN -> probing.compareAndSet(false, true) ? probe(deadline, call) : rejected();
            case OPEN -> rejected();
        };
    }

    private <T> Future<T> ordinary(Deadline deadline, Function<Deadline, Future<T>> call) {
        int began = term;
        return within(limit.toMillis(), begin(call, deadline))
                .onComplete(
                        (value, failure) -> count(failure == null ? Verdict.ANSWERED : judge.apply(failure), began));
    }

    private <T> Future<T> probe(Deadline deadline, Function<Deadline, Future<T>> call) {
        Future<T> probe = library.execute(() -> begin(call, Deadline.in(limit)));
        return within(deadline.remainingMillis(), probe);
    }

    private static <T> Future<T> begin(Function<Deadline, Future<T>> call, Deadline deadline) {
        try {
            return call.apply(deadline);
        } catch (RuntimeException e) {
            return Future.failedFuture(e);
        }
    }

    /** Whatever else a call does, it ends. */
    private <T> Future<T> within(long millis, Future<T> call) {
        Promise<T> result = Promise.promise();
        long timer = vertx.setTimer(millis, id -> result.tryFail(UpstreamException.timedOut(service)));
        call.onComplete((value, failure) -> {
            vertx.cancelTimer(timer);
            if (failure == null) {
                result.tryComplete(value);
            } else {
                result.tryFail(failure instanceof TimeoutException ? UpstreamException.timedOut(service) : failure);
            }
        });
        return result.future();
    }

    private <T> Future<T> rejected() {
        return Future.failedFuture(UpstreamException.breakerOpen(service));
    }

    private void count(Verdict verdict, int began) {
        if (verdict == Verdict.UNKNOWN) {
            return;
        }
        int calls;
        double ratio;
        synchronized (window) {
            if (began != term || state != BreakerState.CLOSED) {
                return;
            }
            window.add(verdict == Verdict.FAILED);
            calls = window.calls();
            ratio = window.failureRatio();
            if (calls < settings.minimumCalls() || ratio < settings.failureRatio()) {
                return;
            }
            // The library starts one more timer each time that it is opened: once is enough.
            state = BreakerState.OPEN;
        }
        log.warn(
                "event=breaker.opened service={} ratio={} calls={}",
                service,
                String.format(Locale.ROOT, "%.2f", ratio),
                calls);
        library.open();
    }

    private void opened() {
        boolean probed = state == BreakerState.HALF_OPEN;
        state = BreakerState.OPEN;
        if (probed) {
            log.warn("event=breaker.opened service={} probe=failed", service);
        }
    }

    private void halfOpened() {
        probing.set(false);
        state = BreakerState.HALF_OPEN;
        log.info("event=breaker.half_open service={}", service);
    }

    private void closed() {
        synchronized (window) {
            window.clear();
            term++;
            state = BreakerState.CLOSED;
        }
        log.info("event=breaker.closed service={}", service);
    }
}
