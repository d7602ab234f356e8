package io.portcullis.ingress;

import io.portcullis.auth.Decision;
import io.portcullis.auth.IpAddress;
import io.portcullis.auth.Refusal;
import io.portcullis.bus.Deadline;
import io.portcullis.ratelimit.FailureLimit;
import io.portcullis.ratelimit.Limits;
import io.portcullis.ratelimit.Verdict;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What limits have to say of a request, and how it is told. Thread-safe. */
record RequestLimits(Limits limits, @Nullable FailureLimit failures, LimitHeaders headers) {

    /** What this node can say by itself; null where Redis has to be asked. */
    @Nullable
    Verdict now(Decision.Allowed allowed, Supplier<@Nullable IpAddress> caller) {
        return limits.admitNow(allowed, caller);
    }

    Future<Verdict> later(Decision.Allowed allowed, Supplier<@Nullable IpAddress> caller, Deadline deadline) {
        return limits.admit(allowed, caller, deadline);
    }

    /** Before a look-up: the refusal of an address that has failed too often; null where there is none. */
    @Nullable
    Problem tooManyFailures(Supplier<@Nullable IpAddress> caller) {
        int seconds = failures == null ? 0 : failures.retryAfterSeconds(caller.get());
        return seconds == 0 ? null : refusal(seconds);
    }

    /** Behind a look-up. */
    void looked(Decision decision, Supplier<@Nullable IpAddress> caller) {
        if (failures != null
                && decision instanceof Decision.Denied denied
                && denied.refusal() == Refusal.INVALID_CREDENTIALS) {
            failures.failed(caller.get());
        }
    }

    void tell(MultiMap answer, Verdict verdict) {
        headers.add(answer, verdict);
    }

    /** Null for one that admits. */
    static @Nullable Problem problem(Verdict verdict) {
        return switch (verdict.kind()) {
            case ADMITTED -> null;
            case REFUSED -> refusal(verdict.retryAfterSeconds());
            case UNAVAILABLE -> Problem.DATABASE_ERROR;
        };
    }

    private static Problem refusal(int retryAfterSeconds) {
        Problem limited = Problem.of(Refusal.RATE_LIMITED);
        return new Problem(limited.code(), limited.status(), limited.title(), retryAfterSeconds);
    }
}
