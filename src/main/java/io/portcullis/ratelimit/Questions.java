package io.portcullis.ratelimit;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * What Redis is to be asked, from all event loops of a process. While it is asked as many batches as it may be asked at a time the
 * next one gathers: so the more there is to ask, the less each costs, and with little to ask nobody waits. Thread-safe.
 */
final class Questions implements LeasedLimiter.Asking {

    /** Requests whose limits are charged by one run of the script: nobody else is served by Redis meanwhile. */
    static final int MOST = 64;

    /** When the answer is needed, so how many others a question may wait for, to be asked with them: what a batch costs is shared. */
    enum Urgency {
        /** Somebody waits. */
        NOW(0),
        SOON(5),
        /** In a tenth of a second at the earliest. */
        LATER(50);

        private final int millis;

        Urgency(int millis) {
            this.millis = millis;
        }

        static Urgency of(long nanosLeft) {
            return nanosLeft >= TimeUnit.MILLISECONDS.toNanos(2L * LATER.millis) ? LATER : SOON;
        }
    }

    /** A request's question, and who waits for the answer. */
    record Question(Charge.Several request, Promise<Charge.Answer> answer) {}

    private final ConcurrentLinkedQueue<Question> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean rung = new AtomicBoolean();
    private final AtomicBoolean rungForSoon = new AtomicBoolean();
    private final AtomicBoolean rungForLater = new AtomicBoolean();
    private volatile @Nullable Taker taker;

    /** Who takes them. */
    interface Taker {

        /** Takes them now, until there are none. */
        void now();

        /** Runs this in so many milliseconds. */
        void in(int millis, Runnable itIsTime);
    }

    /** Null for nobody any more. */
    void takenBy(@Nullable Taker who) {
        taker = who;
        if (who == null) {
            refuse();
        }
    }

    /** Asks at once. The answer comes on whichever thread. */
    Future<Charge.Answer> ask(Charge.Several request) {
        return ask(request, Urgency.NOW);
    }

    @Override
    public Future<Charge.Answer> ask(Charge.Several request, Urgency urgency) {
        Promise<Charge.Answer> answer = Promise.promise();
        waiting.add(new Question(request, answer));
        Taker who = taker;
        if (who == null) {
            refuse();
        } else if (urgency == Urgency.NOW) {
            hurry();
        } else {
            AtomicBoolean bell = urgency == Urgency.SOON ? rungForSoon : rungForLater;
            if (bell.compareAndSet(false, true)) {
                who.in(urgency.millis, () -> {
                    bell.set(false);
                    hurry();
                });
            }
        }
        return answer.future();
    }

    @Override
    public void hurry() {
        Taker who = taker;
        if (who != null && rung.compareAndSet(false, true)) {
            who.now();
        }
    }

    /** The next ones; none where there are none, and then the bell rings for the next. */
    List<Question> take() {
        List<Question> taken = new ArrayList<>();
        while (true) {
            for (Question next = waiting.poll(); next != null; next = waiting.poll()) {
                taken.add(next);
                if (taken.size() == MOST) {
                    return taken;
                }
            }
            if (!taken.isEmpty()) {
                return taken;
            }
            rung.set(false);
            // One may have come before that, and not rung.
            if (waiting.isEmpty() || !rung.compareAndSet(false, true)) {
                return taken;
            }
        }
    }

    private void refuse() {
        for (Question next = waiting.poll(); next != null; next = waiting.poll()) {
            next.answer().fail("nobody asks Redis about limits in this process");
        }
    }
}
