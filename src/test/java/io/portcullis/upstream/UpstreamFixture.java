package io.portcullis.upstream;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.bus.Deadline;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** An {@link Upstream} on an event loop of its own, asked from the test's thread. */
final class UpstreamFixture implements AutoCloseable {

    static final Duration LONG = Duration.ofSeconds(10);

    /** Opens at half of twenty calls. */
    static final BreakerSettings BREAKER = new BreakerSettings(LONG, 20, 0.5, Duration.ofMillis(200));

    /** Never opens. */
    static final BreakerSettings NO_BREAKER = new BreakerSettings(LONG, Integer.MAX_VALUE, 1, Duration.ofHours(1));

    final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final Upstream upstream;
    final AdminService admin;
    private final Context context = vertx.getOrCreateContext();

    UpstreamFixture(UpstreamSettings settings) {
        upstream = on(() ->
                        Future.succeededFuture(new Upstream(vertx, settings, meters, new Random(1), System::nanoTime)))
                .await();
        admin = new AdminService(upstream);
    }

    static UpstreamSettings settings(String url, @Nullable String token, Duration timeout, BreakerSettings breaker) {
        return new UpstreamSettings("played", URI.create(url), token, timeout, 8, 1_000_000, breaker);
    }

    static UpstreamSettings settings(String url, Duration timeout, BreakerSettings breaker) {
        return settings(url, null, timeout, breaker);
    }

    /** The status of the answer. */
    Future<Integer> get(String target, Duration limit) {
        return on(() -> upstream.get(target, Deadline.in(limit), UpstreamFixture::status));
    }

    List<Future<Integer>> getAll(int count, String target, Duration limit) {
        List<Future<Integer>> all = new ArrayList<>();
        List<Promise<Integer>> promises = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Promise<Integer> promise = Promise.promise();
            promises.add(promise);
            all.add(promise.future());
        }
        context.runOnContext(
                now -> promises.forEach(promise -> upstream.get(target, Deadline.in(limit), UpstreamFixture::status)
                        .onComplete(promise)));
        return all;
    }

    private static Integer status(Answer answer) throws UpstreamException {
        if (!answer.isNotFound()) {
            answer.requireSuccess();
        }
        return answer.status();
    }

    <T> Future<T> on(Supplier<Future<T>> call) {
        Promise<T> result = Promise.promise();
        context.runOnContext(now -> call.get().onComplete(result));
        return result.future();
    }

    /** How a call ended, at the latest in ten seconds; other failures than the room's own are the test's. */
    static Outcome outcome(Future<?> call) {
        try {
            call.await(10, TimeUnit.SECONDS);
            return Outcome.OK;
        } catch (Exception e) {
            return failure(call).outcome();
        }
    }

    static UpstreamException failure(Future<?> call) {
        try {
            call.await(10, TimeUnit.SECONDS);
        } catch (Exception e) {
            if (call.cause() instanceof UpstreamException known) {
                return known;
            }
            throw new AssertionError("not a failure of this room", e);
        }
        throw new AssertionError("no failure but " + call.result());
    }

    static <T> T result(Future<T> call) {
        try {
            return call.await(10, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    double count(Outcome outcome) {
        return meters.get("upstream_requests")
                .tag("outcome", outcome.label())
                .counter()
                .count();
    }

    double retries() {
        return meters.get("upstream_retries").counter().count();
    }

    @Override
    public void close() {
        vertx.close().await();
    }
}
