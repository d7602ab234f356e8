package io.portcullis.ratelimit;

import java.util.Arrays;

/** A limit that one node keeps for itself, in memory. Not thread-safe: whoever has it holds a lock. All moments are of one monotonic clock. */
abstract sealed class LocalBudget {

    static LocalBudget of(Rule rule) {
        return of(rule, 1);
    }

    /** One part of so many equal ones, rounded down. */
    static LocalBudget of(Rule rule, int parts) {
        if (rule instanceof Rule.SlidingWindow window) {
            return new Window(window.limit() / parts, window.window().toNanos());
        }
        Rule.TokenBucket bucket = (Rule.TokenBucket) rule;
        return new Bucket(bucket.perSecond() / 1e9 / parts, bucket.burst() / parts);
    }

    /** One more, if there is one. */
    abstract boolean take(long now);

    /** One more, also where there is none: it is missing later. */
    abstract void spend(long now);

    /** The last one taken was none. */
    abstract void giveBack(long now);

    /** How many there are. */
    abstract long left(long now);

    /** Nanoseconds until there is one. */
    abstract long until(long now);

    /** Nanoseconds until all are there. */
    abstract long full(long now);

    /**
     * Counts by slots, each a part of the window. What is in a slot counts for the whole window behind the slot's end: so no window ever sees
     * more than the limit, and each comes back late by a slot at most.
     */
    private static final class Window extends LocalBudget {

        private static final int SLOTS = 32;

        private final long limit;
        private final long slotNanos;
        private final int[] counts = new int[SLOTS + 1];
        private long newest;
        private long total;

        Window(long limit, long windowNanos) {
            this.limit = limit;
            this.slotNanos = Math.max(1, (windowNanos + SLOTS - 1) / SLOTS);
            this.newest = Long.MIN_VALUE;
        }

        @Override
        boolean take(long now) {
            turn(now);
            if (total >= limit) {
                return false;
            }
            spend(now);
            return true;
        }

        @Override
        void spend(long now) {
            turn(now);
            counts[index(newest)]++;
            total++;
        }

        @Override
        void giveBack(long now) {
            if (newest != Long.MIN_VALUE && counts[index(newest)] > 0) {
                counts[index(newest)]--;
                total--;
            }
        }

        @Override
        long left(long now) {
            turn(now);
            return Math.max(0, limit - total);
        }

        @Override
        long until(long now) {
            return left(now) > 0 ? 0 : untilGone(Math.min(total, total - limit + 1), now);
        }

        @Override
        long full(long now) {
            turn(now);
            return total == 0 ? 0 : untilGone(1, now);
        }

        /** Until so many of the oldest are gone. */
        private long untilGone(long number, long now) {
            long gone = 0;
            for (long slot = newest - SLOTS; slot <= newest; slot++) {
                gone += counts[index(slot)];
                if (gone > 0 && gone >= number) {
                    return Math.max(1, (slot + counts.length) * slotNanos - now);
                }
            }
            return slotNanos;
        }

        private void turn(long now) {
            long slot = Math.floorDiv(now, slotNanos);
            if (newest == Long.MIN_VALUE || slot - newest >= counts.length) {
                Arrays.fill(counts, 0);
                total = 0;
                newest = slot;
            }
            while (newest < slot) {
                newest++;
                total -= counts[index(newest)];
                counts[index(newest)] = 0;
            }
        }

        private int index(long slot) {
            return Math.floorMod(slot, counts.length);
        }
    }

    /** Tokens that come back with time. */
    private static final class Bucket extends LocalBudget {

        private final double perNano;
        private final long burst;
        private double tokens;
        private long at;
        private boolean used;

        Bucket(double perNano, long burst) {
            this.perNano = perNano;
            this.burst = burst;
            this.tokens = burst;
        }

        @Override
        boolean take(long now) {
            refill(now);
            if (tokens < 1) {
                return false;
            }
            tokens--;
            return true;
        }

        @Override
        void spend(long now) {
            refill(now);
            tokens--;
        }

        @Override
        void giveBack(long now) {
            tokens = Math.min((double) burst, tokens + 1);
        }

        @Override
        long left(long now) {
            refill(now);
            return (long) tokens;
        }

        @Override
        long until(long now) {
            refill(now);
            return tokens >= 1 ? 0 : (long) Math.ceil((1 - tokens) / perNano);
        }

        @Override
        long full(long now) {
            refill(now);
            return (long) Math.ceil((burst - tokens) / perNano);
        }

        private void refill(long now) {
            if (used && now - at > 0) {
                tokens = Math.min((double) burst, tokens + (now - at) * perNano);
            }
            if (!used || now - at > 0) {
                at = now;
                used = true;
            }
        }
    }
}
