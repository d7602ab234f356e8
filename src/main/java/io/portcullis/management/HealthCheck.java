package io.portcullis.management;

import io.vertx.core.Future;

/**
 * One thing that readiness depends on.
 *
 * @param name as it stands in the answer
 * @param probe asks; completes within a limit of its own and does not fail
 */
public record HealthCheck(String name, Probe probe) {

    /** How bad it is. */
    public enum Level {
        UP,
        /** Something is missing, and the node can do without for now: it stays ready. */
        DEGRADED,
        /** The node should get no traffic. */
        DOWN
    }

    /**
     * What a probe found.
     *
     * @param detail for the operator; no secrets, empty where all is well
     */
    public record Result(Level level, String detail) {

        public static final Result UP = new Result(Level.UP, "");
    }

    /** Asks. Called on the management verticle's event loop. */
    @FunctionalInterface
    public interface Probe {
        Future<Result> ask();
    }
}
