package io.portcullis.events;

import io.portcullis.bus.Deadline;
import io.portcullis.source.Outcome;
import io.portcullis.source.SourceEvent;
import io.portcullis.source.SourceException;
import io.portcullis.source.SourceWriter;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;

/** The registry in PostgreSQL as a sink. */
final class SourceSink implements EventSink {

    /** Redis streams are trimmed long before; and what comes again all the same is outdated by its stamp. */
    private static final Duration REMEMBERED = Duration.ofDays(30);

    private static final int FORGOTTEN_AT_A_TIME = 5_000;

    private final SourceWriter writer;

    SourceSink(SourceWriter writer) {
        this.writer = writer;
    }

    @Override
    public Future<List<Outcome>> apply(List<SourceEvent> events, Deadline deadline) {
        return writer.apply(events, deadline).recover(failure -> Future.failedFuture(judged(failure)));
    }

    /** A statement that writes, and has nothing to write: a replica refuses it. */
    @Override
    public Future<Void> probe(Deadline deadline) {
        return writer.forgetEvents(REMEMBERED, 0, deadline).mapEmpty();
    }

    @Override
    public Future<Boolean> forget(Deadline deadline) {
        return writer.forgetEvents(REMEMBERED, FORGOTTEN_AT_A_TIME, deadline)
                .map(count -> count == FORGOTTEN_AT_A_TIME);
    }

    /** An error of ours comes again with the same event, however well PostgreSQL is. */
    private static Throwable judged(Throwable failure) {
        if (failure instanceof SourceException.Refused refused) {
            return new Refused(String.valueOf(refused.getMessage()));
        }
        Throwable cause = failure instanceof SourceException ? failure.getCause() : failure;
        return cause != null && isOurs(cause)
                ? new Refused("the gateway has an error that it brings out ("
                        + cause.getClass().getSimpleName() + ")")
                : failure;
    }

    private static boolean isOurs(Throwable cause) {
        return cause instanceof NullPointerException
                || cause instanceof ClassCastException
                || cause instanceof IllegalArgumentException
                || cause instanceof IndexOutOfBoundsException
                || cause instanceof ArithmeticException;
    }
}
