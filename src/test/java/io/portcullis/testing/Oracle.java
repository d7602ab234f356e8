package io.portcullis.testing;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;

/**
 * Knows which answers cannot be right, from what the database has acknowledged and when. All moments are {@link System#nanoTime()}.
 *
 * <p>It never blames without proof: a change counts as possible from the moment before it was sent, and as certain from the moment after it
 * was acknowledged. One that was never acknowledged (the connection broke, the writer was killed) may have happened and may have not, for
 * ever. Thus an answer is wrong only if no order of the changes could make it right.
 *
 * <p>Record a change around its write, so that a request that is judged meanwhile finds it:
 *
 * <pre>
 * Oracle.Change change = oracle.revoking(id);
 * … the write, up to its COMMIT …
 * change.acknowledged();
 * </pre>
 *
 * <p>Safe for use by several threads.
 */
public final class Oracle {
    /** A status for {@link #judge} where no HTTP answer came: refused, broken off, too late. */
    public static final int NO_ANSWER = 0;

    private static final long NEVER = Long.MAX_VALUE;
    private static final int EXAMPLES = 10;

    private final Duration revocationBound;
    private final Duration activationBound;
    private final Map<String, List<Change>> changes = new ConcurrentHashMap<>();
    private final Map<Verdict, LongAdder> verdicts = new ConcurrentHashMap<>();
    private final LongAdder honest = new LongAdder();
    private final LongAdder honestAllowed = new LongAdder();
    private final Queue<String> examples = new ConcurrentLinkedQueue<>();

    /** What an answer was. */
    public enum Verdict {
        RIGHT,
        /** Allowed (200) though a revocation had been acknowledged for longer than the bound. */
        WRONG_ALLOW,
        /** Refused (401, 403) though the client was active throughout. */
        WRONG_DENIAL,
        /** 503, or no answer. */
        UNAVAILABLE,
        /** A status that no client in this state should see: 500, say. */
        UNEXPECTED
    }

    /** @param bound how long after a revocation was acknowledged a request may still be sent and allowed: lease and grace, say */
    public Oracle(Duration bound) {
        this(bound, Duration.ZERO);
    }

    /** @param activationBound how long after an activation was acknowledged a request may still be refused */
    public Oracle(Duration revocationBound, Duration activationBound) {
        this.revocationBound = revocationBound;
        this.activationBound = activationBound;
    }

    /** Call just before the write that lets {@code id} in is sent. */
    public Change activating(String id) {
        return begin(id, true, System.nanoTime());
    }

    /** Call just before the write that shuts {@code id} out is sent. */
    public Change revoking(String id) {
        return begin(id, false, System.nanoTime());
    }

    /** An activation that is over; nobody may have been judged since {@code begunAt}. */
    public void activated(String id, long begunAt, long acknowledgedAt) {
        begin(id, true, begunAt).acknowledged(acknowledgedAt);
    }

    /** A revocation that is over; nobody may have been judged since {@code begunAt}. */
    public void revoked(String id, long begunAt, long acknowledgedAt) {
        begin(id, false, begunAt).acknowledged(acknowledgedAt);
    }

    Change begin(String id, boolean active, long at) {
        Change change = new Change(active, at);
        List<Change> history = changes.computeIfAbsent(id, unknown -> new ArrayList<>());
        synchronized (history) {
            history.add(change);
        }
        return change;
    }

    /** Judges and counts an answer by the bound of this oracle. */
    public Verdict judge(String id, int status, long sentAt, long endedAt) {
        return judge(id, status, sentAt, endedAt, revocationBound);
    }

    /**
     * Judges and counts an answer.
     *
     * @param status of HTTP, or {@link #NO_ANSWER}
     * @param sentAt before the request was sent
     * @param endedAt after its answer had been read
     * @param bound in place of the oracle's: zero where a barrier has returned between the revocation and {@code sentAt}
     */
    public Verdict judge(String id, int status, long sentAt, long endedAt, Duration bound) {
        List<Change> history = historyOf(id);
        boolean entitled = certain(history, true, activationBound, sentAt, endedAt);
        Verdict verdict = switch (status) {
            case 200 ->
                neverActivated(history, endedAt) || certain(history, false, bound, sentAt, endedAt)
                        ? Verdict.WRONG_ALLOW
                        : Verdict.RIGHT;
            case 401, 403 -> entitled ? Verdict.WRONG_DENIAL : Verdict.RIGHT;
            case 503, NO_ANSWER -> Verdict.UNAVAILABLE;
            default -> Verdict.UNEXPECTED;
        };
        verdicts.computeIfAbsent(verdict, first -> new LongAdder()).increment();
        if (entitled) {
            honest.increment();
            if (status == 200) {
                honestAllowed.increment();
            }
        }
        if (verdict != Verdict.RIGHT && verdict != Verdict.UNAVAILABLE && examples.size() < EXAMPLES) {
            examples.add(describe(verdict, id, status, sentAt, endedAt, history));
        }
        return verdict;
    }

    /** Sends a request, takes the times, and judges. A failed exchange is {@link #NO_ANSWER}. */
    public Verdict ask(String id, Request request) throws InterruptedException {
        long sentAt = System.nanoTime();
        int status;
        try {
            status = request.status();
        } catch (IOException failed) {
            status = NO_ANSWER;
        }
        return judge(id, status, sentAt, System.nanoTime());
    }

    /** What was judged so far. Taken while others judge, its numbers may be one request apart. */
    public Counts counts() {
        return new Counts(
                count(Verdict.RIGHT),
                count(Verdict.WRONG_ALLOW),
                count(Verdict.WRONG_DENIAL),
                count(Verdict.UNAVAILABLE),
                count(Verdict.UNEXPECTED),
                honest.sum(),
                honestAllowed.sum(),
                List.copyOf(examples));
    }

    private long count(Verdict verdict) {
        LongAdder counted = verdicts.get(verdict);
        return counted == null ? 0 : counted.sum();
    }

    private List<Change> historyOf(String id) {
        List<Change> history = changes.get(id);
        if (history == null) {
            return List.of();
        }
        synchronized (history) {
            return List.copyOf(history);
        }
    }

    private static boolean neverActivated(List<Change> history, long endedAt) {
        return history.stream().noneMatch(change -> change.active && change.begunAt <= endedAt);
    }

    /**
     * Whether the client was surely in that state from {@code bound} before {@code sentAt} until {@code endedAt}: a change to it had been
     * acknowledged, and every change away from it that was begun in time had been acknowledged before that one was begun.
     */
    private static boolean certain(List<Change> history, boolean active, Duration bound, long sentAt, long endedAt) {
        long latestOpposite = Long.MIN_VALUE;
        for (Change change : history) {
            if (change.active != active && change.begunAt <= endedAt) {
                latestOpposite = Math.max(latestOpposite, change.acknowledgedAt);
            }
        }
        for (Change change : history) {
            if (change.active == active
                    && change.acknowledgedAt != NEVER
                    && sentAt - change.acknowledgedAt > bound.toNanos()
                    && change.begunAt >= latestOpposite) {
                return true;
            }
        }
        return false;
    }

    private static String describe(
            Verdict verdict, String id, int status, long sentAt, long endedAt, List<Change> history) {
        StringBuilder text = new StringBuilder()
                .append(verdict)
                .append(' ')
                .append(id)
                .append(": ")
                .append(status)
                .append(" to a request of ")
                .append(millis(endedAt - sentAt));
        for (Change change : history.subList(Math.max(0, history.size() - 4), history.size())) {
            text.append(change.active ? "; activation" : "; revocation")
                    .append(" begun ")
                    .append(relative(change.begunAt - sentAt));
            if (change.acknowledgedAt == NEVER) {
                text.append(", not acknowledged");
            } else {
                text.append(", acknowledged ").append(relative(change.acknowledgedAt - sentAt));
            }
        }
        return text.toString();
    }

    private static String relative(long nanos) {
        return nanos < 0 ? millis(-nanos) + " before it was sent" : millis(nanos) + " after it was sent";
    }

    private static String millis(long nanos) {
        return String.format(Locale.ROOT, "%.3f ms", nanos / 1e6);
    }

    /** A write under way, or done. */
    public static final class Change {
        private final boolean active;
        private final long begunAt;
        private volatile long acknowledgedAt = NEVER;

        private Change(boolean active, long begunAt) {
            this.active = active;
            this.begunAt = begunAt;
        }

        /** Call just after the database has acknowledged the COMMIT. Not where its outcome is unknown. */
        public void acknowledged() {
            acknowledged(System.nanoTime());
        }

        void acknowledged(long at) {
            acknowledgedAt = at;
        }
    }

    /** A request to judge. */
    @FunctionalInterface
    public interface Request {
        /** The status of its answer. */
        int status() throws IOException, InterruptedException;
    }

    /**
     * @param right answers that may be right
     * @param unexpected neither of 200, 401, 403, 503
     * @param honest requests of clients that were active throughout
     * @param honestAllowed of those, answered 200
     * @param examples the first few wrong and unexpected answers, described
     */
    public record Counts(
            long right,
            long wrongAllows,
            long wrongDenials,
            long unavailable,
            long unexpected,
            long honest,
            long honestAllowed,
            List<String> examples) {

        /** How much of the honest traffic was let in, in percent; 100 where there was none. */
        public double availability() {
            return honest == 0 ? 100 : 100.0 * honestAllowed / honest;
        }

        public long total() {
            return right + wrongAllows + wrongDenials + unavailable + unexpected;
        }
    }
}
