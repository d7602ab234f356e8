package io.portcullis.registry;

import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.auth.Fingerprint;
import io.portcullis.auth.SlowHash;
import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Checks secrets against slow hashes on threads of its own, as many at once as it may: so many threads, so much memory, one of each client.
 * More wait, in turn, as many as may; who comes then is told at once that it is too much. The same secret asked for twice at a time is
 * checked once. A check that nobody waits for any more is not begun.
 *
 * <p>Where it has been used lately, a secret that has nothing to be checked against takes the same work, in the same queue: see
 * {@link #pretend}.
 *
 * <p>Thread-safe. Answers come on the context of who asked.
 */
public final class SlowHashes {

    /** Of one client, under way and waiting: who guesses its secret does not keep others out. */
    static final int MOST_OF_A_CLIENT = 4;

    /** How long the kind that was seen last is pretended for those who have none. */
    private static final long LATELY_NANOS = Duration.ofHours(1).toNanos();

    private final Limits limits;
    private final Executor threads;
    private final Computation computation;
    private final SlowHashMeters meters;

    private final Map<Work, Check> checks = new HashMap<>();
    private final Queue<Check> waiting = new ArrayDeque<>();
    private final Map<String, Integer> ofClient = new HashMap<>();
    private final Set<String> busyClients = new HashSet<>();
    private int running;
    private int memoryKib;

    private volatile @Nullable Usual usual;

    /**
     * How much it may do.
     *
     * @param threads checks at once
     * @param waiting checks that wait for one of them
     * @param memoryKib of all checks at once; a hash that takes more than this alone is none that can be checked
     */
    public record Limits(int threads, int waiting, int memoryKib) {}

    /** What takes so long. */
    @FunctionalInterface
    interface Computation {
        boolean matches(SlowHash hash, String secret);
    }

    private record Usual(SlowHash hash, long seenNanos) {}

    /**
     * One secret of one client and what it is held against.
     *
     * @param hash null where it is only pretended
     */
    private record Work(Fingerprint fingerprint, @Nullable SlowHash hash) {}

    private static final class Check {
        private final Work work;
        private final String clientId;
        private final String secret;
        private final SlowHash hash;
        private final List<Waiter<Boolean>> waiters = new ArrayList<>();

        Check(Work work, String clientId, String secret, SlowHash hash) {
            this.work = work;
            this.clientId = clientId;
            this.secret = secret;
            this.hash = hash;
        }

        Waiter<Boolean> join(Deadline deadline) {
            Waiter<Boolean> waiter = new Waiter<>(deadline);
            waiters.add(waiter);
            return waiter;
        }

        boolean isWanted() {
            return waiters.stream().anyMatch(Waiter::waits);
        }
    }

    /** @param threads runs what it is given on threads that may be busy for seconds; it is never given more than the limit at once */
    public SlowHashes(Limits limits, Executor threads, MeterRegistry registry) {
        this(limits, threads, SlowHash::matches, registry);
    }

    SlowHashes(Limits limits, Executor threads, Computation computation, MeterRegistry registry) {
        this.limits = limits;
        this.threads = threads;
        this.computation = computation;
        this.meters = new SlowHashMeters(registry, this::waitingCount);
    }

    /** Whether a check of this hash can ever be begun. */
    boolean affords(SlowHash hash) {
        return hash.memoryKib() <= limits.memoryKib();
    }

    /** Whether the secret has the hash. Fails with {@link RegistryException.Overloaded} where that cannot be told by the deadline. */
    Future<Boolean> matches(Fingerprint fingerprint, String clientId, String secret, SlowHash hash, Deadline deadline) {
        usual = new Usual(hash, System.nanoTime());
        return ask(new Work(fingerprint, hash), clientId, secret, hash, deadline);
    }

    /**
     * Says no, after the work that the hash would have taken that was checked last; at once where none was for long. So the time of an answer
     * does not tell whether there is such a client, or a secret of it. It still tells kinds apart where clients have several, and whether
     * this process has checked a slow hash lately.
     */
    Future<Boolean> pretend(Fingerprint fingerprint, String clientId, String secret, Deadline deadline) {
        Usual known = usual;
        if (known == null || System.nanoTime() - known.seenNanos() > LATELY_NANOS) {
            return Future.succeededFuture(false);
        }
        return ask(new Work(fingerprint, null), clientId, secret, known.hash(), deadline);
    }

    private Future<Boolean> ask(Work work, String clientId, String secret, SlowHash hash, Deadline deadline) {
        @Nullable Waiter<Boolean> waiter;
        List<Check> dropped;
        synchronized (this) {
            dropped = waiting.size() < limits.waiting() && ofClient.getOrDefault(clientId, 0) < MOST_OF_A_CLIENT
                    ? List.of()
                    : unwanted();
            Check check = admitted(work, clientId, secret, hash);
            waiter = check == null ? null : check.join(deadline);
            begin();
        }
        dropped.forEach(check -> check.waiters.forEach(SlowHashes::tooLate));
        if (waiter == null) {
            meters.refused();
            return Future.failedFuture(RegistryException.overloaded("too many secrets wait to be checked"));
        }
        return waiter.future();
    }

    /** The check of this work, under way or new; null where there is no room for it. */
    private @Nullable Check admitted(Work work, String clientId, String secret, SlowHash hash) {
        Check same = checks.get(work);
        if (same != null) {
            return same;
        }
        // What may begin at once need not wait: the queue is only as long as what is behind that.
        boolean full = running >= limits.threads() && waiting.size() >= limits.waiting();
        if (full || ofClient.getOrDefault(clientId, 0) >= MOST_OF_A_CLIENT) {
            return null;
        }
        Check check = new Check(work, clientId, secret, hash);
        checks.put(work, check);
        ofClient.merge(clientId, 1, Integer::sum);
        waiting.add(check);
        return check;
    }

    /** Begins what may begin, in turn. What waits for memory is not overtaken: it would wait for ever behind small ones. */
    private void begin() {
        Iterator<Check> next = waiting.iterator();
        while (running < limits.threads() && next.hasNext()) {
            Check check = next.next();
            if (busyClients.contains(check.clientId)) {
                continue;
            }
            if (memoryKib + check.hash.memoryKib() > limits.memoryKib()) {
                return;
            }
            next.remove();
            busyClients.add(check.clientId);
            running++;
            memoryKib += check.hash.memoryKib();
            threads.execute(() -> run(check));
        }
    }

    private void run(Check check) {
        Boolean matches = null;
        Throwable failure = null;
        try {
            if (isWanted(check)) {
                matches = meters.timed(() -> computation.matches(check.hash, check.secret));
            }
        } catch (OutOfMemoryError e) {
            // Of the heap there is less than auth.slow-hash.memory.
            failure = RegistryException.overloaded("no memory to check a secret: " + check.hash);
        } catch (RuntimeException e) {
            failure = e;
        }
        List<Waiter<Boolean>> waiters;
        synchronized (this) {
            busyClients.remove(check.clientId);
            running--;
            memoryKib -= check.hash.memoryKib();
            forget(check);
            waiters = check.waiters;
            begin();
        }
        boolean pretended = check.work.hash() == null;
        for (Waiter<Boolean> waiter : waiters) {
            if (failure != null) {
                waiter.fail(failure);
            } else if (matches == null) {
                tooLate(waiter);
            } else {
                waiter.complete(matches && !pretended);
            }
        }
        if (failure != null) {
            meters.failed();
        } else if (matches == null) {
            meters.dropped();
        } else if (pretended) {
            meters.pretended();
        } else {
            meters.checked(matches);
        }
    }

    private synchronized boolean isWanted(Check check) {
        return check.isWanted();
    }

    /** Takes out of the queue what nobody waits for any more. */
    private List<Check> unwanted() {
        List<Check> dropped = new ArrayList<>();
        waiting.removeIf(check -> {
            if (check.isWanted()) {
                return false;
            }
            forget(check);
            meters.dropped();
            dropped.add(check);
            return true;
        });
        return dropped;
    }

    private void forget(Check check) {
        checks.remove(check.work);
        ofClient.computeIfPresent(check.clientId, (id, count) -> count == 1 ? null : count - 1);
    }

    private synchronized int waitingCount() {
        return waiting.size();
    }

    private static void tooLate(Waiter<Boolean> waiter) {
        waiter.fail(RegistryException.overloaded("a secret was not checked in time"));
    }
}
