package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.TestGateway.TestClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real process that dies while it writes behind: {@code kill -9} loses no more than is said, and SIGTERM nothing.
 * {@code -Dportcullis.kills=20} for more rounds.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class UsageLossIT {

    private static final int ROUNDS = Integer.getInteger("portcullis.kills", 3);
    private static final Duration FLUSH_EVERY = Duration.ofMillis(500);

    /** Longer than a flush of one key takes on a machine that is busy. */
    private static final Duration FLUSH_TAKES = Duration.ofMillis(500);

    private static final int RATE = 200;

    @Test
    void killedItLosesWhatWasUsedSinceTheLastFlushBeganAndCountsNothingTwice(@TempDir Path folder) throws Exception {
        try (ProcessCluster cluster = ProcessCluster.start(
                folder, ROUNDS, Map.of("PORTCULLIS_USAGE_FLUSH_EVERY", FLUSH_EVERY.toMillis() + "ms"))) {
            for (int round = 0; round < ROUNDS; round++) {
                TestClient client = cluster.client();
                ClusterNode<JarProcess> node = cluster.node(round);
                // Not always at the same moment of an interval.
                Sent sent = send(node.calls(), client.key(), 500 + round * 60);
                node.gateway().kill();
                long answered = sent.answered();

                long counted = UsageIT.uses(cluster.database(), client);

                System.out.printf(
                        "round %d: %d sent, %d answered, %d counted, %d lost%n",
                        round, sent.all().size(), answered, counted, answered - counted);
                double perSecond = sent.perSecond();
                long most = (long) Math.ceil(
                        perSecond * (double) FLUSH_EVERY.plus(FLUSH_TAKES).toMillis() / 1000);
                assertThat(counted)
                        .as("round %d: counted of %d, at %.0f a second", round, answered, perSecond)
                        .isBetween(answered - most, (long) sent.all().size());
                assertThat(counted).as("some of it was written").isPositive();
            }
        }
    }

    @Test
    void stoppedItLosesNothing(@TempDir Path folder) throws Exception {
        try (ProcessCluster cluster = ProcessCluster.start(folder, 1, Map.of("PORTCULLIS_USAGE_FLUSH_EVERY", "1m"))) {
            TestClient client = cluster.client();
            Sent sent = send(cluster.node(0).calls(), client.key(), 100);
            long answered = sent.answered();
            assertThat(answered).isEqualTo(100);
            assertThat(UsageIT.uses(cluster.database(), client)).isZero();

            assertThat(cluster.node(0).gateway().terminate()).isZero();

            assertThat(UsageIT.uses(cluster.database(), client)).isEqualTo(100);
        }
    }

    /** @param nanos that they took to be sent */
    private record Sent(List<CompletableFuture<Integer>> all, long nanos) {

        /** How many were allowed, when all have ended. */
        long answered() {
            return all.stream()
                    .map(CompletableFuture::join)
                    .filter(status -> status == 200)
                    .count();
        }

        double perSecond() {
            return (double) all.size() * 1e9 / (double) nanos;
        }
    }

    /** So many, at a steady rate, whether or not they are answered. */
    private static Sent send(NodeCalls node, String key, int count) {
        List<CompletableFuture<Integer>> all = new ArrayList<>();
        long started = System.nanoTime();
        for (int i = 0; i < count; i++) {
            long due = started + i * TimeUnit.SECONDS.toNanos(1) / RATE;
            LockSupport.parkNanos(due - System.nanoTime());
            all.add(node.askedWithKey(key, Duration.ofSeconds(5))
                    .thenApply(answer -> answer.statusCode())
                    .exceptionally(failure -> 0));
        }
        return new Sent(all, System.nanoTime() - started);
    }
}
