package io.portcullis.upstream;

import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.bus.Deadline;
import io.portcullis.upstream.Answer.Reading;
import io.portcullis.upstream.Breaker.Verdict;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A service that is asked over HTTP/1.1, behind its {@link Breaker}. A call is one attempt and at most {@link Retries#MOST} more. Each
 * attempt goes through the breaker by itself: each is a call that the service answered or did not, a success after a failure must not hide
 * that failure, and a probe is one request and not three.
 *
 * <p>All fails with {@link UpstreamException} only. Belongs to one event loop, that of the verticle it was made in.
 */
final class Upstream {

    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(3);
    private static final int KEEP_ALIVE_SECONDS = 30;

    /** More than so many waiting for each connection wait in vain. */
    private static final int WAITING_PER_CONNECTION = 32;

    private final Vertx vertx;
    private final UpstreamSettings settings;
    private final HttpClient client;
    private final MultiMap headers = MultiMap.caseInsensitiveMultiMap();
    private final Breaker breaker;
    private final Retries retries;
    private final UpstreamMeters meters;

    Upstream(Vertx vertx, UpstreamSettings settings, MeterRegistry registry) {
        this(vertx, settings, registry, RandomGenerator.getDefault(), System::nanoTime);
    }

    /**
     * Connects at the first call.
     *
     * @param random for the waits before retries
     * @param clock of the breaker's window; monotonic, in nanoseconds
     */
    Upstream(
            Vertx vertx,
            UpstreamSettings settings,
            MeterRegistry registry,
            RandomGenerator random,
            LongSupplier clock) {
        this.vertx = vertx;
        this.settings = settings;
        this.client = vertx.httpClientBuilder()
                .with(options(settings))
                .with(pool(settings))
                // The request fails with it. Where nobody listens Vert.x logs it, with words of the answer.
                .withConnectHandler(connection -> connection.exceptionHandler(told -> {}))
                .build();
        this.breaker = new Breaker(
                vertx, settings.name(), settings.breaker(), settings.timeout(), Upstream::judge, registry, clock);
        this.retries = new Retries(random);
        this.meters = new UpstreamMeters(settings.name(), registry);
        headers.set(HttpHeaders.ACCEPT, "application/json");
        if (settings.token() != null) {
            headers.set(HttpHeaders.AUTHORIZATION, "Bearer " + settings.token());
        }
    }

    private static HttpClientOptions options(UpstreamSettings settings) {
        long connect = Math.min(CONNECT_LIMIT.toMillis(), settings.timeout().toMillis());
        return new HttpClientOptions()
                .setMetricsName(settings.name())
                .setDefaultHost(settings.host())
                .setDefaultPort(settings.port())
                .setSsl(settings.tls())
                .setConnectTimeout((int) connect)
                .setKeepAlive(true)
                .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
                // Also while an answer is awaited: it must not come before the time-out.
                .setIdleTimeout(KEEP_ALIVE_SECONDS + (int) settings.timeout().toSeconds());
    }

    private static PoolOptions pool(UpstreamSettings settings) {
        return new PoolOptions()
                .setHttp1MaxSize(settings.connections())
                .setMaxWaitQueueSize(Math.multiplyExact(settings.connections(), WAITING_PER_CONNECTION));
    }

    /** Thread-safe. */
    BreakerState state() {
        return breaker.state();
    }

    /**
     * Asks with GET, again where that may help.
     *
     * @param target what comes after the base URL: path, beginning with a slash, and query, both encoded
     * @param deadline no attempt begins or goes on after it
     */
    <T> Future<T> get(String target, Deadline deadline, Reading<T> reading) {
        retries.asked();
        return attempt(target, deadline, reading).recover(failure -> afterwards(target, deadline, reading, failure, 1));
    }

    Future<Void> close() {
        return client.close();
    }

    private <T> Future<T> attempt(String target, Deadline deadline, Reading<T> reading) {
        long began = System.nanoTime();
        Future<T> result = deadline.expired()
                ? Future.failedFuture(UpstreamException.abandoned(settings.name()))
                : breaker.call(deadline, limit -> send(target, limit).compose(answer -> read(answer, reading)));
        return result.onComplete((value, failure) -> meters.ended(outcome(failure), System.nanoTime() - began));
    }

    private Future<Answer> send(String target, Deadline limit) {
        RequestOptions request = new RequestOptions()
                .setMethod(HttpMethod.GET)
                .setURI(settings.pathPrefix() + target)
                .setHeaders(headers)
                .setFollowRedirects(false);
        long millis = limit.remainingMillis();
        return Exchange.begin(vertx, client, request, settings, millis, late(millis));
    }

    /**
     * A caller that has less time than the service may take says nothing of the service when it leaves. But one that has half of it or more
     * does: otherwise a service that hangs would never be found out where all callers' deadlines are a little shorter than its limit.
     */
    private UpstreamException late(long millis) {
        return 2 * millis < settings.timeout().toMillis()
                ? UpstreamException.abandoned(settings.name())
                : UpstreamException.timedOut(settings.name());
    }

    private static <T> Future<T> read(Answer answer, Reading<T> reading) {
        try {
            return Future.succeededFuture(reading.of(answer));
        } catch (UpstreamException e) {
            return Future.failedFuture(e);
        }
    }

    private <T> Future<T> afterwards(
            String target, Deadline deadline, Reading<T> reading, Throwable failure, int retry) {
        if (retry > Retries.MOST || !isWorthRetrying(failure) || breaker.state() != BreakerState.CLOSED) {
            return Future.failedFuture(failure);
        }
        long delay = retries.delayMillis(retry);
        if (delay >= deadline.remainingMillis() || !retries.take()) {
            return Future.failedFuture(failure);
        }
        return after(delay).compose(waited -> {
            if (breaker.state() != BreakerState.CLOSED) {
                return Future.failedFuture(failure);
            }
            meters.retried();
            return attempt(target, deadline, reading)
                    .recover(next -> afterwards(target, deadline, reading, next, retry + 1));
        });
    }

    /** What is malformed is so again, a 4xx is an answer, and who was rejected would only come back at once. */
    private static boolean isWorthRetrying(Throwable failure) {
        return switch (outcome(failure)) {
            case CONNECTION, SERVER_ERROR, TIMEOUT -> true;
            case OK, CLIENT_ERROR, MALFORMED, REJECTED -> false;
        };
    }

    private Future<Void> after(long millis) {
        if (millis == 0) {
            return Future.succeededFuture();
        }
        Promise<Void> waited = Promise.promise();
        vertx.setTimer(millis, id -> waited.complete());
        return waited.future();
    }

    private static Outcome outcome(@Nullable Throwable failure) {
        if (failure == null) {
            return Outcome.OK;
        }
        return failure instanceof UpstreamException known ? known.outcome() : Outcome.MALFORMED;
    }

    private static Verdict judge(Throwable failure) {
        return failure instanceof UpstreamException known ? known.verdict() : Verdict.FAILED;
    }
}
