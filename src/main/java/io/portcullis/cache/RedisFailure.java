package io.portcullis.cache;

import io.portcullis.cache.RedisMeters.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * Why a Redis operation has no result. None of these says anything about a key: to the look-up ladder each is a miss, and never a refusal
 * of the caller. Carries no stack trace, no key and no value.
 */
public abstract sealed class RedisFailure extends RuntimeException {

    private final Outcome outcome;

    private RedisFailure(String message, Outcome outcome) {
        super(message, null, false, false);
        this.outcome = outcome;
    }

    final Outcome outcome() {
        return outcome;
    }

    /** One lower-case word or code for a metric or a log line; from a small fixed set but for codes that the server made up. */
    public abstract String reason();

    /** There is no connection, or it was lost before the answer came. Whether a write took place is not known. */
    public static final class Unavailable extends RedisFailure {
        private final String reason;

        Unavailable(String reason) {
            super("Redis is unavailable: " + reason, Outcome.UNAVAILABLE);
            this.reason = reason;
        }

        @Override
        public String reason() {
            return reason;
        }
    }

    /** No answer within the smaller of the command's limit and the request's deadline. Whether a write took place is not known. */
    public static final class TimedOut extends RedisFailure {
        TimedOut() {
            super("Redis did not answer in time", Outcome.TIMED_OUT);
        }

        @Override
        public String reason() {
            return "timeout";
        }
    }

    /** As many commands wait on this link as may; this one was not sent. */
    public static final class Overloaded extends RedisFailure {
        Overloaded() {
            super("Too many commands wait for Redis", Outcome.OVERLOADED);
        }

        @Override
        public String reason() {
            return "overloaded";
        }
    }

    /** Redis answered with an error: NOAUTH, LOADING, READONLY, OOM, WRONGTYPE … */
    public static final class Refused extends RedisFailure {
        private final String code;
        private final @Nullable Redirect redirect;

        Refused(String code) {
            this(code, null);
        }

        Refused(String code, @Nullable Redirect redirect) {
            super("Redis refused: " + code, Outcome.REFUSED);
            this.code = code;
            this.redirect = redirect;
        }

        /** Who would not refuse, if the answer said so. */
        @Nullable
        Redirect redirect() {
            return redirect;
        }

        /** The first word of the answer, upper case. The rest is left out: it may quote the command. */
        public String code() {
            return code;
        }

        @Override
        public String reason() {
            return code;
        }
    }

    /** What came was no valid answer to what was asked. The connection is given up. */
    public static final class Garbled extends RedisFailure {
        private final String what;

        Garbled(String what) {
            super("Redis answered nonsense: " + what, Outcome.GARBLED);
            this.what = what;
        }

        @Override
        public String reason() {
            return "garbled: " + what;
        }
    }
}
