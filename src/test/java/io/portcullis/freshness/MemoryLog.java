package io.portcullis.freshness;

import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** A change log without a database: commits in order, an epoch, and what may become of both. Belongs to one thread. */
public final class MemoryLog {

    private final List<ChangeLog.Commit> commits = new ArrayList<>();
    private int epoch = 1;
    private int transactions;
    private long prunedSeq;
    private long nextSeq = 1;

    public Position head() {
        return new Position("epoch " + epoch, nextSeq - 1);
    }

    /** One commit; its seq. */
    public long append(Change... changes) {
        commits.add(new ChangeLog.Commit(nextSeq, "transaction " + ++transactions, 0, List.of(changes)));
        return nextSeq++;
    }

    /** Takes back all commits above the seq, as a restore does, and tells nobody. */
    public void restoreSilently(long seq) {
        commits.removeIf(commit -> commit.seq() > seq);
        nextSeq = seq + 1;
    }

    /** As a restore with another timeline, or the operator's reset. */
    public void restore(long seq) {
        restoreSilently(seq);
        epoch++;
    }

    public void prune(long seq) {
        commits.removeIf(commit -> commit.seq() <= seq);
        prunedSeq = seq;
    }

    /** The log as a reader has it whose connection answers when the steps say so. */
    ChangeLog through(Steps steps) {
        return new ChangeLog() {
            @Override
            public Future<Page> read(long seq) {
                return steps.later(() -> page(seq));
            }

            @Override
            public Future<Void> readLarge(Commit commit, Function<List<Change>, Future<Void>> portion) {
                return Future.failedFuture("nothing is large here");
            }

            @Override
            public Future<Back> readBack(long untilSeq, long keepMillis) {
                return steps.later(() -> new Back(
                        head(),
                        mark(untilSeq),
                        prunedSeq,
                        commits.stream()
                                .filter(commit -> commit.seq() <= untilSeq)
                                .toList()));
            }

            @Override
            public Future<Void> raiseEpoch(String expected) {
                return steps.later(() -> {
                    if (head().epoch().equals(expected)) {
                        epoch++;
                    }
                    return null;
                });
            }
        };
    }

    private ChangeLog.Page page(long seq) {
        String mark = mark(seq);
        String headMark = mark(nextSeq - 1);
        return new ChangeLog.Page(
                head(),
                headMark,
                prunedSeq,
                mark,
                commits.stream().filter(commit -> commit.seq() > seq).toList(),
                false);
    }

    private @org.jspecify.annotations.Nullable String mark(long seq) {
        return commits.stream()
                .filter(commit -> commit.seq() == seq)
                .map(ChangeLog.Commit::mark)
                .findFirst()
                .orElse(null);
    }
}
