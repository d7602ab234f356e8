package io.portcullis.events;

/** Whether events are applied, for who shows that. Written by {@link AdminEventsVerticle}, read by any thread. */
public final class EventsHealth {

    /** What it does. */
    public enum State {
        /** Not started, or stopped. */
        STOPPED,
        /** Events are applied as they come. */
        CONSUMING,
        /** Nothing can be read or acknowledged. Events wait in the stream. */
        REDIS_AWAY,
        /** Nothing can be applied. Events wait in the stream, one batch of them in memory. */
        DATABASE_AWAY
    }

    private volatile boolean running;
    private volatile boolean redisAway;
    private volatile boolean databaseAway;

    /** What it does now. */
    public State state() {
        if (!running) {
            return State.STOPPED;
        }
        if (databaseAway) {
            return State.DATABASE_AWAY;
        }
        return redisAway ? State.REDIS_AWAY : State.CONSUMING;
    }

    void running(boolean now) {
        running = now;
    }

    void redisAway(boolean now) {
        redisAway = now;
    }

    void databaseAway(boolean now) {
        databaseAway = now;
    }
}
