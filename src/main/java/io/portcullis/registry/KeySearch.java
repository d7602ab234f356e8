package io.portcullis.registry;

import io.portcullis.auth.KeyDigest;
import io.portcullis.auth.Pepper;
import io.portcullis.auth.Peppers;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where to look for a key while peppers change: under the current pepper, which is where most are, then under the former ones, then under the
 * next.
 *
 * <p>Meanwhile keys move, from a former pepper to the current one and, by nodes that are further on, from the current one to the next. One
 * that moves between two looks would be found nowhere. So what it moves to is looked at after what it moves from: the current pepper once
 * more, unless nothing at all was committed since the first look. A look that is older than the one that it has to follow does not count.
 *
 * <p>Belongs to one request.
 */
final class KeySearch {

    /** How often a look that is too old is repeated. */
    private static final int REPEATS = 2;

    /** One look. */
    record Step(Pepper pepper, KeyDigest digest, Query.From from) {}

    private enum Phase {
        CURRENT,
        FORMER,
        CURRENT_AGAIN,
        NEXT
    }

    private final Peppers peppers;
    private final String key;
    private final List<KeyDigest> digests = new ArrayList<>(1);

    private Phase phase = Phase.CURRENT;
    private int formersAsked;
    private int repeats;
    private boolean outpaced;
    private long oldest = Long.MAX_VALUE;
    private long seenCurrent;
    /** What the look that is under way has to have seen at least. */
    private long atLeast = Long.MIN_VALUE;

    private final Step first;

    KeySearch(Peppers peppers, String key) {
        this.peppers = peppers;
        this.key = key;
        first = step(peppers.current(), Query.From.REDIS);
    }

    Step first() {
        return first;
    }

    /**
     * The next look, after one that found nothing; null after the last.
     *
     * @param asOf position that the look had seen
     */
    @Nullable
    Step next(long asOf) {
        if (asOf < atLeast) {
            outpaced = ++repeats > REPEATS;
            return outpaced ? null : step(phase == Phase.NEXT ? next() : peppers.current(), Query.From.POSTGRES);
        }
        oldest = Math.min(oldest, asOf);
        switch (phase) {
            case CURRENT -> {
                seenCurrent = asOf;
                return peppers.former().isEmpty() ? toNext() : toFormer();
            }
            case FORMER -> {
                seenCurrent = Math.max(seenCurrent, asOf);
                if (formersAsked < peppers.former().size()) {
                    return toFormer();
                }
                if (seenCurrent == oldest) {
                    return toNext();
                }
                phase = Phase.CURRENT_AGAIN;
                atLeast = seenCurrent;
                return step(peppers.current(), Query.From.POSTGRES);
            }
            case CURRENT_AGAIN -> {
                seenCurrent = asOf;
                return toNext();
            }
            default -> {
                return null;
            }
        }
    }

    /** Whether things moved faster than they could be looked at: then the key is not known to be nowhere. */
    boolean isOutpaced() {
        return outpaced;
    }

    /** Of all looks so far. */
    List<KeyDigest> digests() {
        return List.copyOf(digests);
    }

    /** Position that each look had seen at least. */
    long asOf() {
        return oldest;
    }

    private Step toFormer() {
        phase = Phase.FORMER;
        return step(peppers.former().get(formersAsked++), Query.From.REDIS);
    }

    private @Nullable Step toNext() {
        phase = Phase.NEXT;
        atLeast = seenCurrent;
        return peppers.next() == null ? null : step(peppers.next(), Query.From.REDIS);
    }

    private Pepper next() {
        return peppers.next() == null ? peppers.current() : peppers.next();
    }

    private Step step(Pepper pepper, Query.From from) {
        KeyDigest digest = pepper.digest(key);
        if (!digests.contains(digest)) {
            digests.add(digest);
        }
        return new Step(pepper, digest, from);
    }
}
