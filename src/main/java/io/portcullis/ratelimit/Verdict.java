package io.portcullis.ratelimit;

import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Whether a request is within its limits, and how they stand. What is said of them in an answer is from the look that decided.
 *
 * <p>Belongs to the request.
 */
public final class Verdict {

    /** What was decided. */
    public enum Kind {
        ADMITTED,
        REFUSED,
        /** Redis cannot be asked, and a limit admits nobody without it. */
        UNAVAILABLE
    }

    /** Of a request that no limit is for. */
    static final Verdict UNLIMITED = new Verdict(Kind.ADMITTED, new Limiter[0], null, 0);

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private static final AsciiString SEPARATOR = AsciiString.cached(", ");
    private static final AsciiString TIME = AsciiString.cached(";t=");

    private final Kind kind;
    /** Shadows, too: nothing is said of those. */
    private final Limiter[] limiters;

    private final @Nullable Limiter refusing;
    private final long now;

    Verdict(Kind kind, Limiter[] limiters, @Nullable Limiter refusing, long now) {
        this.kind = kind;
        this.limiters = limiters;
        this.refusing = refusing;
        this.now = now;
    }

    public Kind kind() {
        return kind;
    }

    /** Whether there is anything to say of limits. */
    public boolean isLimited() {
        for (Limiter limiter : limiters) {
            if (!limiter.policy.shadow()) {
                return true;
            }
        }
        return false;
    }

    /** Whole seconds until it would be admitted, by all limits that are known to refuse; 1 at least (RFC 9110 §10.2.3). */
    public int retryAfterSeconds() {
        long wait = 0;
        for (Limiter limiter : limiters) {
            if (limiter == refusing || (refusing != null && !limiter.policy.shadow())) {
                wait = Math.max(wait, limiter.retry(now));
            }
        }
        return (int) Math.max(1, seconds(wait));
    }

    /** {@code RateLimit-Policy}: each quota and its window (draft-ietf-httpapi-ratelimit-headers-10 §3). */
    public CharSequence policyField() {
        if (limiters.length == 1) {
            return limiters[0].terms().item();
        }
        // Once each: another rule may come in between, and its item be longer.
        List<AsciiString> items = new ArrayList<>(limiters.length);
        int most = 0;
        for (Limiter limiter : limiters) {
            if (!limiter.policy.shadow()) {
                AsciiString item = limiter.terms().item();
                items.add(item);
                most += SEPARATOR.length() + item.length();
            }
        }
        FieldText field = new FieldText(most);
        for (AsciiString item : items) {
            field.append(field.isEmpty() ? AsciiString.EMPTY_STRING : SEPARATOR).append(item);
        }
        return field.ascii();
    }

    /** {@code RateLimit}: what is left of each, and in how many seconds it is restored (draft-ietf-httpapi-ratelimit-headers-10 §4). */
    public CharSequence limitField() {
        int most = 0;
        for (Limiter limiter : limiters) {
            most += SEPARATOR.length() + limiter.meters.leftItem().length() + TIME.length() + 2 * FieldText.NUMBER;
        }
        FieldText field = new FieldText(most);
        for (Limiter limiter : limiters) {
            if (!limiter.policy.shadow()) {
                field.append(field.isEmpty() ? AsciiString.EMPTY_STRING : SEPARATOR)
                        .append(limiter.meters.leftItem())
                        .append(left(limiter))
                        .append(TIME)
                        .append(seconds(limiter == refusing ? limiter.retry(now) : limiter.shownFull(now)));
            }
        }
        return field.ascii();
    }

    /** Of the limit that stands tightest: {@code X-RateLimit-Limit}. */
    public long quota() {
        return tightest().rule().quota();
    }

    /** {@code X-RateLimit-Remaining}. */
    public long remaining() {
        return left(tightest());
    }

    /** {@code X-RateLimit-Reset}, in seconds from now. */
    public long resetSeconds() {
        Limiter tightest = tightest();
        return seconds(tightest == refusing ? tightest.retry(now) : tightest.shownFull(now));
    }

    private Limiter tightest() {
        if (refusing != null) {
            return refusing;
        }
        Limiter tightest = null;
        for (Limiter limiter : limiters) {
            if (!limiter.policy.shadow() && (tightest == null || limiter.shownLeft(now) < tightest.shownLeft(now))) {
                tightest = limiter;
            }
        }
        return Objects.requireNonNull(tightest);
    }

    private long left(Limiter limiter) {
        return limiter == refusing ? 0 : limiter.shownLeft(now);
    }

    private static long seconds(long nanos) {
        return nanos / SECOND + (nanos % SECOND == 0 ? 0 : 1);
    }
}
