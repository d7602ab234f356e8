package io.portcullis.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StoreLimitTest {

    private static final Query QUERY = new Query.ByClientId("a");
    private static final Found NONE = new Found(null, null, 0);

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final List<Promise<Found>> asked = new ArrayList<>();
    private long now;

    @Test
    void beyondTheLimitItRefusesAtOnceAndAsksNobody() {
        Lookup tier = limited(2, 2);
        Future<Found> first = find(tier);
        Future<Found> second = find(tier);

        Future<Found> third = find(tier);

        assertThat(third.cause()).isInstanceOf(RegistryException.Overloaded.class);
        assertThat(asked).hasSize(2);
        assertThat(first.isComplete() || second.isComplete()).isFalse();
        assertThat(meters.get("registry_store_shed").counter().count()).isEqualTo(1);
        assertThat(meters.get("registry_store_in_flight").gauge().value()).isEqualTo(2);
        assertThat(meters.get("registry_store_limit").gauge().value()).isEqualTo(2);
    }

    @Test
    void anAnswerMakesRoomAndSoDoesAFailure() {
        Lookup tier = limited(2, 2);
        find(tier);
        find(tier);

        asked.get(0).complete(NONE);
        asked.get(1).fail("down");
        find(tier);
        find(tier);

        assertThat(asked).hasSize(4);
        assertThat(meters.get("registry_store_in_flight").gauge().value()).isEqualTo(2);
    }

    @Test
    void aTierThatThrowsMakesRoomToo() {
        Lookup tier = new StoreLimit(1, 1, meters).before((query, deadline) -> {
            throw new IllegalStateException("broken");
        });

        assertThat(find(tier).cause()).hasMessage("broken");
        assertThat(find(tier).cause()).hasMessage("broken");
    }

    @Test
    void underThreeTimesWhatATierCanDoItDoesAllItCanAndNobodyWaitsLong() {
        SlowTier slow = new SlowTier(8, 2);

        slow.offer(3 * slow.perSecond(), 60);

        assertThat(slow.answered(50, 60)).isGreaterThan(0.95 * slow.perSecond() * 10);
        assertThat(slow.meanMillis(50, 60)).isLessThan(10);
        assertThat(meters.get("registry_store_limit").gauge().value()).isBetween(8.0, 40.0);
    }

    @Test
    void aTierThatCanDoMoreIsGivenMore() {
        SlowTier wide = new SlowTier(300, 20);

        wide.offer(3 * wide.perSecond(), 60);

        assertThat(wide.answered(50, 60)).isGreaterThan(0.9 * wide.perSecond() * 10);
        assertThat(meters.get("registry_store_limit").gauge().value()).isGreaterThan(270);
    }

    @Test
    void aTierThatGrowsSlowIsGivenLess() {
        SlowTier slow = new SlowTier(100, 2);
        slow.offer(0.6 * slow.perSecond(), 10);

        slow.servers = 5;
        slow.offer(3 * slow.perSecond(), 60);

        assertThat(meters.get("registry_store_limit").gauge().value()).isLessThan(50);
        assertThat(slow.answered(60, 70)).isGreaterThan(0.95 * slow.perSecond() * 10);
    }

    private Lookup limited(int min, int max) {
        return new StoreLimit(min, max, meters).before((query, deadline) -> {
            Promise<Found> promise = Promise.promise();
            asked.add(promise);
            return promise.future();
        });
    }

    private static Future<Found> find(Lookup tier) {
        return tier.find(QUERY, Deadline.in(Duration.ofMinutes(1)));
    }

    /** So many at once, each for so long, and a queue before them; in a time of its own, in steps of a tenth of a millisecond. */
    private final class SlowTier {
        private static final long STEP = 100_000;

        private final Random random = new Random(1);
        private final Deque<Waiting> queue = new ArrayDeque<>();
        private final List<Served> busy = new ArrayList<>();
        private final List<long[]> answers = new ArrayList<>();
        private final double millis;
        private final Lookup tier;
        private int servers;

        SlowTier(int servers, double millis) {
            this.servers = servers;
            this.millis = millis;
            this.tier = new StoreLimit(8, 500, meters, () -> now).before((query, deadline) -> {
                Promise<Found> promise = Promise.promise();
                queue.add(new Waiting(promise, now));
                return promise.future();
            });
        }

        double perSecond() {
            return servers * 1000 / millis;
        }

        void offer(double rate, int seconds) {
            long end = now + seconds * 1_000_000_000L;
            double due = 0;
            while (now < end) {
                now += STEP;
                busy.removeIf(served -> {
                    if (served.endsAt() > now) {
                        return false;
                    }
                    answers.add(new long[] {now, now - served.asked().since()});
                    served.asked().answer().complete(NONE);
                    return true;
                });
                for (due += rate * STEP / 1e9; due >= 1; due--) {
                    find(tier);
                }
                while (busy.size() < servers && !queue.isEmpty()) {
                    long takes = (long) (millis * 1e6 * (0.75 + 0.5 * random.nextDouble()));
                    busy.add(new Served(Objects.requireNonNull(queue.poll()), now + takes));
                }
            }
        }

        double answered(int fromSecond, int toSecond) {
            return answers.stream()
                    .filter(answer -> answer[0] > fromSecond * 1_000_000_000L && answer[0] <= toSecond * 1_000_000_000L)
                    .count();
        }

        double meanMillis(int fromSecond, int toSecond) {
            return answers.stream()
                    .filter(answer -> answer[0] > fromSecond * 1_000_000_000L && answer[0] <= toSecond * 1_000_000_000L)
                    .mapToDouble(answer -> answer[1] / 1e6)
                    .average()
                    .orElseThrow();
        }
    }

    private record Waiting(Promise<Found> answer, long since) {}

    private record Served(Waiting asked, long endsAt) {}
}
