package io.portcullis.cache;

/** What this room reports of itself. Called on event loops: implementations are quick, thread-safe and throw nothing. */
public interface RedisMeters {

    /** How an operation ended. */
    enum Outcome {
        /** A read that found a value. */
        HIT,
        /** A read that found none. */
        MISS,
        /** Any other operation that Redis carried out. */
        DONE,
        REFUSED,
        TIMED_OUT,
        UNAVAILABLE,
        OVERLOADED,
        GARBLED
    }

    /** An operation ended, after so many nanoseconds. HIT and MISS are what {@code redis_hits_total} and {@code redis_misses_total} count. */
    void operation(RedisOperation operation, long nanos, Outcome outcome);

    /** The link of this index got or lost its connection. */
    void connected(int link, boolean up);

    static RedisMeters none() {
        return None.NONE;
    }

    /** Counts nothing. */
    enum None implements RedisMeters {
        NONE;

        @Override
        public void operation(RedisOperation operation, long nanos, Outcome outcome) {}

        @Override
        public void connected(int link, boolean up) {}
    }
}
