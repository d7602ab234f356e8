package io.portcullis.sync;

/** Why a run did not come to its end. The message is for logs and operators, and has nobody's secret in it. */
public abstract sealed class SyncException extends Exception {

    private SyncException(String message) {
        super(message, null, false, false);
    }

    /** Another run is under way, here or elsewhere: nothing was done. */
    public static final class Busy extends SyncException {
        Busy(String message) {
            super(message);
        }
    }

    /** The lock was lost, and perhaps another run has begun. Nothing was written since. */
    public static final class LostLock extends SyncException {
        LostLock() {
            super("the lock was lost to another run, or Redis could not be asked in time");
        }
    }

    /** The source or the database failed for longer than is waited, or what the source says cannot be right. Goes on from its cursor. */
    public static final class Failed extends SyncException {
        Failed(String reason) {
            super(reason);
        }
    }

    /** It was told to stop. Inside a run only: a run that was stopped has a batch that says so. */
    static final class Stopped extends SyncException {
        Stopped() {
            super("stopped");
        }
    }
}
