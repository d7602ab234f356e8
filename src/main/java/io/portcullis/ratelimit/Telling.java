package io.portcullis.ratelimit;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/** What a Redis that is new is told by so many limiters, which hear of it where that failed. */
record Telling(List<Charge> charges, List<SharedLimiter> limiters) {

    private static final int AT_ONCE = 200;

    private Telling() {
        this(new ArrayList<>(), new ArrayList<>());
    }

    /** What these have to tell, a few at a time; it is taken for told. */
    static List<Telling> of(Stream<Limiter> limiters) {
        long now = System.nanoTime();
        List<Telling> tellings = new ArrayList<>();
        Telling some = new Telling();
        for (Iterator<Limiter> each = limiters.iterator(); each.hasNext(); ) {
            some.add(each.next(), now);
            if (some.charges.size() == AT_ONCE) {
                tellings.add(some);
                some = new Telling();
            }
        }
        if (!some.charges.isEmpty()) {
            tellings.add(some);
        }
        return tellings;
    }

    private void add(Limiter limiter, long now) {
        Charge charge = limiter instanceof SharedLimiter shared ? shared.carry(now) : null;
        if (charge != null) {
            charges.add(charge);
            limiters.add((SharedLimiter) limiter);
        }
    }

    void failed() {
        for (int i = 0; i < limiters.size(); i++) {
            limiters.get(i).notTold(charges.get(i).carried());
        }
    }
}
