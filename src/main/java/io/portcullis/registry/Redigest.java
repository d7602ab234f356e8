package io.portcullis.registry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.auth.KeyDigest;
import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Moves keys and secrets that were used, and stand under a former pepper, to the current one. Behind the answer's back: nobody waits for it,
 * and one that fails or is too many is done at a later use. So many a second at most: each is a write that every node hears of. Thread-safe.
 */
public final class Redigest {

    /** Of one process. */
    static final int MOST_PER_SECOND = 50;

    private static final int MOST_AT_ONCE = 4;
    private static final Duration LIMIT = Duration.ofSeconds(5);
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final PepperMoves moves;
    private final LongSupplier nanos;
    private final Counter moved;
    private final Counter gone;
    private final Counter failed;
    private final Counter postponed;

    private final Set<Object> underWay = new HashSet<>();
    private long secondBegan;
    private int begunInSecond;

    public Redigest(PgPeppers moves, MeterRegistry registry) {
        this(moves, System::nanoTime, registry);
    }

    Redigest(PepperMoves moves, LongSupplier nanos, MeterRegistry registry) {
        this.moves = moves;
        this.nanos = nanos;
        this.secondBegan = nanos.getAsLong();
        moved = counter(registry, "moved");
        gone = counter(registry, "gone");
        failed = counter(registry, "failed");
        postponed = counter(registry, "postponed");
    }

    /** The key that is found by one digest shall be found by the other. */
    void key(KeyDigest from, KeyDigest to, String pepperId) {
        move(from, () -> moves.moveKey(from, to, pepperId, Deadline.in(LIMIT)));
    }

    /** The client's secret shall have the other hash. */
    void secret(String clientId, String from, String to) {
        move(clientId, () -> moves.moveSecret(clientId, from, to, Deadline.in(LIMIT)));
    }

    private void move(Object what, Supplier<Future<Boolean>> work) {
        if (!mayBegin(what)) {
            postponed.increment();
            return;
        }
        work.get().onComplete(done -> {
            ended(what);
            (done.failed() ? failed : done.result() ? moved : gone).increment();
        });
    }

    private synchronized boolean mayBegin(Object what) {
        long now = nanos.getAsLong();
        if (now - secondBegan >= SECOND) {
            secondBegan = now;
            begunInSecond = 0;
        }
        if (begunInSecond >= MOST_PER_SECOND || underWay.size() >= MOST_AT_ONCE || !underWay.add(what)) {
            return false;
        }
        begunInSecond++;
        return true;
    }

    private synchronized void ended(Object what) {
        underWay.remove(what);
    }

    private static Counter counter(MeterRegistry registry, String result) {
        return Counter.builder("registry_redigests")
                .description(
                        "Keys and secrets under a former pepper that were used, by what became of their move to the current one")
                .tag("result", result)
                .register(registry);
    }
}
