package io.portcullis.events;

import io.portcullis.bus.Deadline;
import io.portcullis.cache.RedisLink;
import io.portcullis.cache.RedisMeters;
import io.portcullis.cache.RedisStream;
import io.portcullis.cache.StreamEntry;
import io.portcullis.cache.StreamEntry.Field;
import io.portcullis.cache.StreamId;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Entries that could not be applied: a stream beside the one that they came from. Each has the fields that it had, and behind them why it is
 * here. About {@value #MOST} are kept, the oldest go first. Futures fail with a {@link io.portcullis.cache.RedisFailure}. Use it on its
 * link's event loop.
 */
public final class DeadLetters {

    static final long MOST = 100_000;

    private static final String SUFFIX = ":dlq";
    private static final String REASON = "dlq_reason";
    private static final String ORIGINAL_ID = "dlq_original_id";
    private static final String DELIVERIES = "dlq_deliveries";
    private static final String FAILED_AT = "dlq_failed_at";

    /** In their order, behind the fields of the entry, which may have any names. */
    private static final List<String> OWN = List.of(REASON, ORIGINAL_ID, DELIVERIES, FAILED_AT);

    private final RedisStream stream;
    private final RedisStream letters;

    /** @param stream whose dead letters are meant */
    public DeadLetters(RedisLink link, String stream, RedisMeters meters) {
        this.stream = new RedisStream(link, stream, meters);
        this.letters = new RedisStream(link, stream + SUFFIX, meters);
    }

    Future<StreamId> put(StreamEntry entry, String reason, long deliveries, Instant failedAt, Deadline deadline) {
        List<Field> fields = new ArrayList<>(entry.fields());
        fields.add(Field.of(REASON, reason));
        fields.add(Field.of(ORIGINAL_ID, entry.id().toString()));
        fields.add(Field.of(DELIVERIES, Long.toString(deliveries)));
        fields.add(Field.of(FAILED_AT, failedAt.toString()));
        return letters.addWithin(MOST, fields, deadline);
    }

    /** How many there are. */
    public Future<Long> count(Deadline deadline) {
        return letters.length(deadline);
    }

    /** Those behind this one, oldest first, so many at most. */
    public Future<List<DeadLetter>> list(StreamId after, int limit, Deadline deadline) {
        return letters.after(after, limit, deadline)
                .map(found -> found.stream().map(DeadLetters::shown).toList());
    }

    /** Puts a letter back into the stream as it was, and takes it out here; whether there was one. It may come twice, never not at all. */
    public Future<Boolean> replay(StreamId id, Deadline deadline) {
        return letters.find(id, deadline).compose(found -> {
            if (found == null) {
                return Future.succeededFuture(false);
            }
            List<Field> fields = original(found);
            Future<?> back = fields.isEmpty() ? Future.succeededFuture() : stream.add(fields, deadline);
            return back.compose(added -> letters.remove(List.of(id), deadline)).map(removed -> true);
        });
    }

    /** Takes a letter out for good; whether there was one. */
    public Future<Boolean> drop(StreamId id, Deadline deadline) {
        return letters.remove(List.of(id), deadline).map(removed -> removed > 0);
    }

    private static DeadLetter shown(StreamEntry letter) {
        EventReader.Glance glance = EventReader.glance(new StreamEntry(letter.id(), original(letter)));
        String deliveries = own(letter, DELIVERIES);
        return new DeadLetter(
                letter.id(),
                own(letter, ORIGINAL_ID),
                glance.eventId(),
                glance.type(),
                glance.clientId(),
                own(letter, REASON),
                deliveries != null && deliveries.matches("[0-9]{1,18}") ? Long.valueOf(deliveries) : null,
                own(letter, FAILED_AT));
    }

    /** Without what was put behind. Who writes here by hand may have left that out. */
    private static List<Field> original(StreamEntry letter) {
        List<Field> fields = letter.fields();
        return isOurs(letter) ? fields.subList(0, fields.size() - OWN.size()) : fields;
    }

    private static @Nullable String own(StreamEntry letter, String name) {
        List<Field> fields = letter.fields();
        return isOurs(letter)
                ? fields.get(fields.size() - OWN.size() + OWN.indexOf(name))
                        .value()
                        .toString()
                : null;
    }

    private static boolean isOurs(StreamEntry letter) {
        List<Field> fields = letter.fields();
        int start = fields.size() - OWN.size();
        for (int i = 0; start >= 0 && i < OWN.size(); i++) {
            if (!fields.get(start + i).name().equals(Buffer.buffer(OWN.get(i)))) {
                return false;
            }
        }
        return start >= 0;
    }
}
