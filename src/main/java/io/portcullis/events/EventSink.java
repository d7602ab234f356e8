package io.portcullis.events;

import io.portcullis.bus.Deadline;
import io.portcullis.source.Outcome;
import io.portcullis.source.SourceEvent;
import io.portcullis.source.SourceWriter;
import io.vertx.core.Future;
import java.util.List;

/**
 * Where events are applied. Whatever it fails with, but for {@link Refused}, says nothing of the events: try again. Used from any
 * thread; answers come on the context that asked.
 */
public interface EventSink {

    /**
     * All in one transaction, or none; those that were applied before are duplicates.
     *
     * @return what became of each, in the order of the events; fails with {@link Refused} if one of them can never be applied
     */
    Future<List<Outcome>> apply(List<SourceEvent> events, Deadline deadline);

    /** Whether something could be written now: it fails where it could not. */
    Future<Void> probe(Deadline deadline);

    /** Forgets ids of events that nobody repeats any more, as many as may be done at a time; whether there may be more. */
    Future<Boolean> forget(Deadline deadline);

    /** The registry in PostgreSQL. */
    static EventSink of(SourceWriter writer) {
        return new SourceSink(writer);
    }

    /** One of the events is at fault. The message says why, for people, and quotes nothing of it. */
    final class Refused extends Exception {

        Refused(String reason) {
            super(reason, null, false, false);
        }

        String reason() {
            return String.valueOf(getMessage());
        }
    }
}
