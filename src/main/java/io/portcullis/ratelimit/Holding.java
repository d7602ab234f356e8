package io.portcullis.ratelimit;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The limiters that have leases, or something of one to give back. Thread-safe. */
final class Holding {

    private final Set<LeasedLimiter> limiters = ConcurrentHashMap.newKeySet();

    void add(LeasedLimiter limiter) {
        limiters.add(limiter);
    }

    /** What leases that have ended have left, so many at most. */
    List<Charge> ended(int most) {
        long now = System.nanoTime();
        List<Charge> ended = new ArrayList<>();
        List<LeasedLimiter> again = new ArrayList<>();
        Iterator<LeasedLimiter> each = limiters.iterator();
        while (each.hasNext() && ended.size() < most) {
            LeasedLimiter limiter = each.next();
            add(ended, limiter.reclaim(now));
            if (!limiter.holds()) {
                each.remove();
                if (limiter.holds()) {
                    // It got one in between.
                    again.add(limiter);
                }
            }
        }
        limiters.addAll(again);
        return ended;
    }

    /** Everything that they have. */
    List<Charge> all() {
        List<Charge> back = new ArrayList<>();
        limiters.forEach(limiter -> add(back, limiter.surrender()));
        return back;
    }

    private static void add(List<Charge> charges, @Nullable Charge charge) {
        if (charge != null) {
            charges.add(charge);
        }
    }
}
