package io.portcullis.ratelimit;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.auth.AddressRules;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientStatus;
import io.portcullis.auth.Decision;
import io.portcullis.bus.LocalCodec;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A leased limit that has something left, beside a Redis that grants whatever is asked for: the admit itself, which is to take 100 ns at most
 * and to allocate nothing ({@code -prof gc}), and all that a request has to do with limits but for the headers.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class LeaseBenchmark {

    private static final int CLIENTS = 10_000;
    private static final long MANY = 900_000_000;

    private final Decision.Allowed[] callers = new Decision.Allowed[CLIENTS];
    private @Nullable Vertx vertx;
    private @Nullable Limits limits;
    private @Nullable LeasedLimiter limiter;
    private int next;

    @Setup(Level.Trial)
    public void start() {
        Vertx started = Vertx.vertx();
        vertx = started;
        LocalCodec.register(started);
        limits = new Limits(
                started.eventBus(),
                new Limits.Settings(
                        List.of(),
                        new LimitPolicy(
                                LimitPolicy.OF_CLIENT,
                                Set.of(Dimension.CLIENT),
                                new Rule.SlidingWindow(1, Duration.ofHours(1)),
                                LimitMode.LEASED,
                                RedisAway.LOCAL,
                                false,
                                false),
                        Duration.ofMinutes(1),
                        1_000_000),
                new SecureRandom(),
                new SimpleMeterRegistry());
        Questions questions = limits.questions();
        questions.takenBy(new Questions.Taker() {
            @Override
            public void now() {
                for (List<Questions.Question> some = questions.take(); !some.isEmpty(); some = questions.take()) {
                    some.forEach(question -> question.answer().complete(granted(question.request())));
                }
            }

            @Override
            public void in(int millis, Runnable itIsTime) {
                itIsTime.run();
            }
        });
        limits.standing().heard(1, false, 1, 0);
        for (int i = 0; i < CLIENTS; i++) {
            callers[i] = new Decision.Allowed(
                    new Client(
                            UUID.randomUUID().toString(),
                            "code",
                            null,
                            null,
                            null,
                            null,
                            null,
                            AddressRules.ANY,
                            (int) MANY,
                            ClientStatus.ACTIVE,
                            null,
                            null,
                            1,
                            null),
                    null,
                    false,
                    new PoliciesTest.Held());
        }
        limiter = new LeasedLimiter(
                LimitPolicy.parse("p by=client limit=900000000 window=1h"),
                "x",
                new LimitMeters(new SimpleMeterRegistry(), () -> 0, limits.standing()).of("p"),
                Terms.of("p", new Rule.SlidingWindow(MANY, Duration.ofHours(1))),
                limits.standing(),
                new LeasedLimiter.Leasing(
                        new LeasedLimiter.Asking() {
                            @Override
                            public Future<Charge.Answer> ask(Charge.Several several, Questions.Urgency urgency) {
                                return Future.succeededFuture(granted(several));
                            }

                            @Override
                            public void hurry() {}
                        },
                        new Ids("b"),
                        TimeUnit.MINUTES.toNanos(1),
                        held -> {}));
    }

    /** Whatever is asked for, and more: what a node that asks often enough has. */
    private static Charge.Answer granted(Charge.Several several) {
        return new Charge.Answer(
                1,
                false,
                several.charges().stream()
                        .map(charge -> new Charge.Granted(MANY / 3, MANY, 0, 1))
                        .toList());
    }

    @TearDown(Level.Trial)
    public void stop() {
        if (vertx != null) {
            vertx.close();
        }
    }

    @Benchmark
    public boolean admit() {
        long now = System.nanoTime();
        LeasedLimiter held = limiter;
        if (held == null) {
            throw new IllegalStateException();
        }
        Limiter.Outcome outcome = held.take(now);
        if (outcome == Limiter.Outcome.ADMITTED) {
            return true;
        }
        held.ask(now);
        return false;
    }

    @Benchmark
    public @Nullable Verdict request() {
        Limits all = limits;
        if (all == null) {
            throw new IllegalStateException();
        }
        next = next + 1 == CLIENTS ? 0 : next + 1;
        Verdict verdict = all.admitNow(callers[next], () -> null);
        if (verdict == null) {
            all.admit(callers[next], () -> null, io.portcullis.bus.Deadline.in(Duration.ofSeconds(1)));
        }
        return verdict;
    }
}
