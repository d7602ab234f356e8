package io.portcullis.freshness;

import io.vertx.core.Future;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The change log as its reader asks for it. A future fails where nobody knows; nothing is changed then. */
interface ChangeLog {

    /**
     * What stands behind {@code seq}, a page at most, all of it and the position in one snapshot.
     *
     * @param seq where the reader stands
     */
    Future<Page> read(long seq);

    /**
     * All rows of one commit that is larger than a page, portion by portion; the next is fetched while the former is applied. Fails where
     * the commit was pruned since the page was read, and rows of it may be missing.
     */
    Future<Void> readLarge(Commit commit, Function<List<Change>, Future<Void>> portion);

    /** What stands between the two, newest first, as far as it fits a page: what a reader that starts at the later one did not see. */
    Future<Back> readBack(long untilSeq, long keepMillis);

    /** Begins another epoch if that one is still in force. */
    Future<Void> raiseEpoch(String expected);

    /**
     * One commit.
     *
     * @param mark says which transaction it was: the same seq with another mark is another history
     * @param ageMillis from its commit to the reading of the page, by PostgreSQL's clock
     */
    record Commit(long seq, String mark, long ageMillis, List<Change> changes) {}

    /**
     * A page of the log.
     *
     * @param head the newest position there is
     * @param headMark mark of the commit at the head, null where there is none
     * @param prunedSeq what is up to here is no longer in the log
     * @param mark of the commit where the reader stands, null where it is not in the log
     * @param commits behind the reader, in order
     * @param large the last of them does not fit a page, and its changes are missing here
     */
    record Page(
            Position head,
            @Nullable String headMark,
            long prunedSeq,
            @Nullable String mark,
            List<Commit> commits,
            boolean large) {}

    /**
     * A page of what has been.
     *
     * @param head the newest position there is
     * @param mark of the commit from which was asked back, null where it is not in the log
     * @param fromSeq all changes above it, up to where was asked from, are here
     */
    record Back(Position head, @Nullable String mark, long fromSeq, List<Commit> commits) {}
}
