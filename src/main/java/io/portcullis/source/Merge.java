package io.portcullis.source;

import io.portcullis.auth.ClientStatus;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Takes what the source says of one client into what is known of it. Whatever the order, and however often: the end is the same. The rules
 * are in the package's description. Pure; for one thread.
 */
final class Merge {

    private final ClientState before;
    private final Map<Field, @Nullable Object> values = new EnumMap<>(Field.class);
    private final Map<Field, Stamp> stamps = new EnumMap<>(Field.class);
    private @Nullable ClientStatus saidStatus;
    private @Nullable String saidHash;
    private @Nullable Stamp lowered;

    Merge(ClientState before) {
        this.before = before;
        values.putAll(before.values());
        stamps.putAll(before.said().stamps());
        saidStatus = before.said().status();
        saidHash = before.said().secretHash();
        lowered = before.said().lowered();
    }

    /**
     * What one event or record has changed.
     *
     * @param changes by field, with the value before; the one after is the client's
     * @param held the status that it would have raised the client to; null for none
     * @param ahead the newest that was known of a field and is after what was taken; null for nothing
     */
    record Taken(
            Map<Field, Change> changes,
            @Nullable ClientStatus held,
            @Nullable Stamp ahead) {

        Outcome outcome() {
            if (held != null) {
                return Outcome.HELD;
            }
            return changes.isEmpty() ? Outcome.OUTDATED : Outcome.APPLIED;
        }
    }

    /** A field's two values. */
    record Change(@Nullable Object from, @Nullable Object to) {}

    ClientState before() {
        return before;
    }

    /** Fields that are not as they were. */
    List<Field> changed() {
        return Arrays.stream(Field.all())
                .filter(field ->
                        !Objects.equals(values.get(field), before.values().get(field)))
                .toList();
    }

    ClientState after() {
        return new ClientState(
                before.clientId(),
                before.known(),
                new EnumMap<>(values),
                new ClientState.Said(saidStatus, saidHash, new EnumMap<>(stamps), lowered));
    }

    /** Takes an event: each field of it for which nothing as new is known. */
    Taken event(Stamp stamp, SourceRecord record) {
        return new Taking(false).take(stamp, record);
    }

    /**
     * Takes what the source has now: it holds against whatever else stands here, but for what was said after it. Of an item without a
     * version the time decides.
     */
    Taken present(Stamp asOf, SourceRecord record) {
        return new Taking(true).take(asOf, record);
    }

    /** One record on its way in. */
    private final class Taking {
        private final boolean present;
        private final Map<Field, Change> changes = new EnumMap<>(Field.class);
        private @Nullable ClientStatus held;
        private @Nullable Stamp ahead;

        Taking(boolean present) {
            this.present = present;
        }

        Taken take(Stamp stamp, SourceRecord record) {
            record.values().forEach((field, value) -> {
                if (field == Field.STATUS) {
                    status(stamp, (ClientStatus) Objects.requireNonNull(value));
                } else if (isNews(field, stamp)) {
                    if (field != Field.SECRET_HASH || isAnotherSecret((String) value)) {
                        set(field, value);
                    }
                }
            });
            return new Taken(changes, held, ahead);
        }

        private boolean isNews(Field field, Stamp stamp) {
            Stamp last = stamps.get(field);
            if (last == null) {
                stamps.put(field, stamp);
                return true;
            }
            Stamp own = comparable(stamp, last);
            int order = own.compareTo(last);
            if (order < 0 && !(present && isSameMoment(own, last))) {
                isBehind(last);
                return false;
            }
            if (order > 0) {
                stamps.put(field, own);
            }
            return order > 0 || present;
        }

        private Stamp comparable(Stamp stamp, Stamp with) {
            return present && stamp.version() == 0
                    ? new Stamp(with.version(), stamp.occurredAtMicros(), stamp.id())
                    : stamp;
        }

        private boolean isSameMoment(Stamp one, Stamp other) {
            return one.version() == other.version() && one.occurredAtMicros() == other.occurredAtMicros();
        }

        /** Keeps in mind what the source said: it may be here under another pepper by now. */
        private boolean isAnotherSecret(@Nullable String hash) {
            boolean saidBefore = hash != null && hash.equals(saidHash);
            saidHash = hash;
            String here = (String) values.get(Field.SECRET_HASH);
            boolean moved = PepperedHash.areOfTwoPeppers(here, hash);
            return saidBefore ? present && !moved : !(present && before.said().secretHash() == null && moved);
        }

        private void status(Stamp stamp, ClientStatus wanted) {
            ClientStatus here = (ClientStatus) values.get(Field.STATUS);
            if (isLow(wanted)) {
                lower(stamp, wanted, here);
                return;
            }
            if (!isNews(Field.STATUS, stamp)) {
                return;
            }
            ClientStatus saidBefore = saidStatus;
            saidStatus = wanted;
            if (here == null || isLow(here)) {
                hold(stamp, wanted);
            } else if (rank(wanted) > rank(here)
                    && rank(here) < rank(saidBefore == null ? ClientStatus.PENDING : saidBefore)) {
                held = wanted;
            } else {
                set(Field.STATUS, wanted);
            }
        }

        private void lower(Stamp stamp, ClientStatus wanted, @Nullable ClientStatus here) {
            if (here != ClientStatus.REVOKED) {
                set(Field.STATUS, wanted);
            } else if (present && wanted != here) {
                // An event that comes late says this, too, and it means nothing. The source's present state is another
                // matter.
                hold(stamp, wanted);
            }
            if (lowered == null || lowered.compareTo(stamp) < 0) {
                lowered = stamp;
            }
        }

        /** What was said before it was lowered is no attempt to raise it. */
        private void hold(Stamp stamp, ClientStatus wanted) {
            if (lowered != null && comparable(stamp, lowered).compareTo(lowered) < 0) {
                isBehind(lowered);
            } else {
                held = wanted;
            }
        }

        private void isBehind(Stamp newer) {
            if (ahead == null || ahead.compareTo(newer) < 0) {
                ahead = newer;
            }
        }

        private void set(Field field, @Nullable Object value) {
            Object from = values.get(field);
            if (!Objects.equals(from, value)) {
                values.put(field, value);
                changes.put(field, new Change(from, value));
            }
        }
    }

    private static boolean isLow(ClientStatus status) {
        return status == ClientStatus.SUSPENDED || status == ClientStatus.REVOKED;
    }

    private static int rank(ClientStatus status) {
        return switch (status) {
            case ACTIVE -> 2;
            case PENDING -> 1;
            case REJECTED -> 0;
            case SUSPENDED, REVOKED -> -1;
        };
    }
}
