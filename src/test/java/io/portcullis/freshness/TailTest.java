package io.portcullis.freshness;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TailTest {

    private final MemoryLog log = new MemoryLog();
    private final Steps steps = new Steps(1);
    private final List<String> done = new ArrayList<>();
    private final FollowedLog.Reader reader = FollowedLog.reading(
            log,
            steps,
            evictions(),
            Fences::new,
            changes -> changes.several()
                    .forEach(change -> done.add("told of " + change.id() + " at "
                            + reader().freshness().position().seq())));

    @Test
    void theFenceStandsBeforeTheEvictionAndThePositionMovesLast() {
        start();
        log.append(client("a", 8));

        catchUp();

        assertThat(done).containsExactly("everything", "evicted a, admitted before: false", "told of a at 0");
        assertThat(reader.freshness().position()).isEqualTo(log.head());
    }

    @Test
    void whoAsksWhileAReadingIsUnderWayGetsAnotherOne() {
        start();
        Future<Void> first = reader.catchUp();
        steps.take();
        log.append(client("a", 8));
        Future<Void> second = reader.catchUp();
        settle();

        assertThat(first.succeeded()).isTrue();
        assertThat(second.succeeded()).isTrue();
        assertThat(reader.freshness().position().seq()).isEqualTo(1);
    }

    @Test
    void aStartingProcessStandsAtTheEndAndPutsUpTheFencesOfLate() {
        log.append(client("a", 8));
        log.append(client("b", 10));

        start();

        assertThat(reader.freshness().position().seq()).isEqualTo(2);
        assertThat(fences().floor()).isZero();
        assertThat(fences().admitsClient("a", 6, 1)).isFalse();
        assertThat(fences().admitsClient("a", 8, 1)).isTrue();
    }

    @Test
    void aNewEpochDropsEverything() {
        log.append(client("a", 8));
        log.append(client("a", 10));
        start();
        Fences before = fences();

        log.restore(1);
        catchUp();

        assertThat(fences()).isNotSameAs(before);
        assertThat(done).containsExactly("everything", "everything");
        assertThat(reader.freshness().position()).isEqualTo(log.head());
    }

    @Test
    void aLogThatEndsEarlierIsAnotherHistory() {
        log.append(client("a", 8));
        log.append(client("a", 10));
        start();
        String epoch = log.head().epoch();

        log.restoreSilently(1);
        catchUp();

        assertThat(log.head().epoch()).isNotEqualTo(epoch);
        assertThat(reader.freshness().position()).isEqualTo(log.head());
    }

    @Test
    void aLogThatWasTakenBackAndHasGrownAgainIsAnotherHistoryToo() {
        log.append(client("a", 8));
        log.append(client("a", 10));
        start();
        String epoch = log.head().epoch();

        log.restoreSilently(1);
        log.append(client("b", 10));
        log.append(client("b", 12));
        catchUp();

        assertThat(log.head().epoch()).isNotEqualTo(epoch);
        assertThat(done).doesNotContain("told of b at 2");
    }

    @Test
    void aPositionThatAnotherNodeHasSeenAndTheLogHasNotIsAnotherHistory() {
        log.append(client("a", 8));
        start();
        String epoch = log.head().epoch();

        reader.tail().seenElsewhere(new Position(epoch, 5));
        catchUp();

        assertThat(log.head().epoch()).isNotEqualTo(epoch);
    }

    @Test
    void whatWasPrunedUnreadMakesItStartOver() {
        log.append(client("a", 8));
        start();
        log.append(client("a", 10));
        log.append(client("b", 12));
        log.prune(2);
        Fences before = fences();

        catchUp();

        assertThat(fences()).isNotSameAs(before);
        assertThat(reader.freshness().position().seq()).isEqualTo(3);
        assertThat(fences().admitsClient("a", 8, 1)).isFalse();
    }

    @Test
    void whatWasPrunedBehindItsBackIsNoLoss() {
        log.append(client("a", 8));
        log.append(client("a", 10));
        start();
        log.append(client("b", 12));
        log.prune(2);
        Fences before = fences();

        catchUp();

        assertThat(fences()).isSameAs(before);
        assertThat(reader.freshness().position().seq()).isEqualTo(3);
    }

    @Test
    void aRestoreBetweenTheReadingAndTheReadingBackIsNoticed() {
        log.append(client("a", 8));
        log.append(client("a", 10));
        Future<Void> starting = reader.catchUp();
        steps.take();
        log.restore(1);
        settle();

        assertThat(starting.succeeded()).isTrue();
        // Nothing was put up against version 10's change: what was read before it must stay out.
        assertThat(fences().admitsClient("a", 8, 1)).isFalse();
    }

    private Evictions evictions() {
        return new Evictions() {
            @Override
            public void client(String clientId) {
                done.add("evicted " + clientId + ", admitted before: " + fences().admitsClient(clientId, 6, 0));
            }

            @Override
            public void everything() {
                done.add("everything");
            }
        };
    }

    private void start() {
        reader.catchUp();
        settle();
    }

    private void catchUp() {
        Future<Void> caught = reader.catchUp();
        settle();
        assertThat(caught.succeeded()).isTrue();
    }

    private void settle() {
        while (steps.take()) {
            // Until nothing is under way.
        }
    }

    private Fences fences() {
        return reader.freshness().fences();
    }

    private FollowedLog.Reader reader() {
        return reader;
    }

    private static Change client(String id, long version) {
        return new Change(Change.Kind.CLIENT, id, version, "U", null, null);
    }
}
