package io.portcullis.ratelimit;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The limiters that have leases, or something of one to give back, by when that is due: whoever looks for it looks at those only, however
 * many there are. Thread-safe.
 */
final class Holding {

    private static final long SLOT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final long begin = System.nanoTime();
    /** By the slot in which they are looked at; each limiter in one at most. Guarded by this, as is what is listed. */
    private final TreeMap<Long, List<LeasedLimiter>> due = new TreeMap<>();

    private final Set<LeasedLimiter> listed = new HashSet<>();

    /** Is looked at when the lease has ended that it has now. */
    void add(LeasedLimiter limiter) {
        long slot = (limiter.heldUntil() - begin) / SLOT_NANOS + 1;
        synchronized (this) {
            if (listed.add(limiter)) {
                due.computeIfAbsent(slot, first -> new ArrayList<>()).add(limiter);
            }
        }
    }

    /** What a limiter gives back. */
    record Returned(LeasedLimiter from, Charge charge) {}

    /** It was not heard: is looked at again. */
    void notGivenBack(Returned returned) {
        returned.from().notGivenBack(returned.charge());
        add(returned.from());
    }

    /** What leases that have ended have left, so many at most. */
    List<Returned> ended(int most) {
        long now = System.nanoTime();
        List<Returned> ended = new ArrayList<>();
        for (LeasedLimiter limiter : due((now - begin) / SLOT_NANOS, most)) {
            add(ended, limiter, limiter.reclaim(now));
            if (limiter.holds()) {
                add(limiter);
            }
        }
        return ended;
    }

    private synchronized List<LeasedLimiter> due(long slot, int most) {
        List<LeasedLimiter> taken = new ArrayList<>();
        for (Map.Entry<Long, List<LeasedLimiter>> first = due.firstEntry();
                first != null && first.getKey() <= slot && taken.size() < most;
                first = due.firstEntry()) {
            List<LeasedLimiter> all = first.getValue();
            List<LeasedLimiter> some = all.subList(Math.max(0, all.size() - most + taken.size()), all.size());
            taken.addAll(some);
            some.clear();
            if (all.isEmpty()) {
                due.remove(first.getKey());
            }
        }
        taken.forEach(listed::remove);
        return taken;
    }

    /** Everything that they have. */
    synchronized List<Returned> all() {
        List<Returned> back = new ArrayList<>();
        due.values().forEach(some -> some.forEach(limiter -> add(back, limiter, limiter.surrender())));
        return back;
    }

    private static void add(List<Returned> back, LeasedLimiter from, @Nullable Charge charge) {
        if (charge != null) {
            back.add(new Returned(from, charge));
        }
    }
}
