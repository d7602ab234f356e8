package io.portcullis.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.registry.TierMeters;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TrafficTest {

    private static final Instant NOON = Instant.parse("2026-01-02T12:00:00Z");

    private Instant now = NOON;
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final LatencyHistogram latency = new LatencyHistogram();
    private final Map<Instant, TrafficMinute> written = new HashMap<>();
    private final Traffic traffic =
            new Traffic(new TrafficMeters(meters)::read, latency, 30, () -> now, (number, batch) -> {
                written.putAll(batch);
                return Future.succeededFuture();
            });

    @Test
    void whatTheMetersSayMoreIsCountedInItsMinute() {
        meters.counter("auth_requests", "outcome", "allowed").increment(5);
        TierMeters near = TierMeters.untimed(meters, "near");
        near.hit();
        latency.record(TimeUnit.MILLISECONDS.toNanos(3), 1);
        sample();
        meters.counter("auth_requests", "outcome", "allowed").increment(2);
        meters.counter("auth_requests", "outcome", "invalid_credentials").increment();
        near.miss();
        sample();
        flush();

        TrafficCounts counts = counts(NOON);
        assertThat(counts.requests()).isEqualTo(8);
        assertThat(counts.outcomes())
                .containsExactlyInAnyOrderEntriesOf(Map.of("allowed", 7L, "invalid_credentials", 1L));
        assertThat(counts.tiers()).containsExactlyInAnyOrderEntriesOf(Map.of("near_hit", 1L, "near_miss", 1L));
        assertThat(counts.percentileMillis(0.5)).isEqualTo(3.0);
        assertThat(counts.slowestMillis()).isEqualTo(3.0);

        now = NOON.plusSeconds(61);
        meters.counter("auth_requests", "outcome", "allowed").increment(4);
        sample();
        flush();

        assertThat(counts(NOON).requests()).isEqualTo(8);
        assertThat(counts(NOON.plusSeconds(60)).outcomes()).containsExactlyEntriesOf(Map.of("allowed", 4L));
        assertThat(counts(NOON.plusSeconds(60)).slowestMillis()).isNull();
    }

    @Test
    void aMinuteThatIsOverIsPutWithAllThatWasCountedInIt() {
        traffic.turn();
        traffic.used("a", 3);
        traffic.sample();
        now = NOON.plusSeconds(60);
        traffic.turn();
        traffic.used("b", 1);
        traffic.sample();
        flush();

        assertThat(minute(NOON).clients()).containsExactlyEntriesOf(Map.of("a", 3L));
        assertThat(minute(NOON.plusSeconds(60)).clients()).containsExactlyEntriesOf(Map.of("b", 1L));
    }

    @Test
    void theBusiestClientsAreKeptAndNoMoreAreToldApartThanMayBe() {
        for (int client = 0; client < 40; client++) {
            traffic.used("client-" + client, client + 1);
        }
        flush();

        assertThat(minute(NOON).clients())
                .hasSize(Traffic.MOST_CLIENTS)
                .containsEntry("client-29", 30L)
                .containsKey("client-10")
                .doesNotContainKeys("client-9", "client-30");
    }

    @Test
    void withoutTrafficNothingIsWritten() {
        sample();
        flush();
        now = NOON.plus(Duration.ofMinutes(5));
        sample();
        flush();

        assertThat(written).isEmpty();
    }

    @Test
    void aClockThatIsSetBackTakesNothingFromWhatWasWritten() {
        now = NOON.plusSeconds(120);
        meters.counter("auth_requests", "outcome", "allowed").increment(5);
        sample();
        flush();
        now = NOON;
        meters.counter("auth_requests", "outcome", "allowed").increment(1);
        sample();
        flush();

        assertThat(written).containsOnlyKeys(NOON.plusSeconds(120));
        assertThat(counts(NOON.plusSeconds(120)).requests()).isEqualTo(6);
    }

    private void sample() {
        traffic.turn();
        traffic.sample();
    }

    private void flush() {
        traffic.put();
        traffic.behind().flush();
    }

    private TrafficMinute minute(Instant minute) {
        return Objects.requireNonNull(written.get(minute), () -> "nothing of " + minute);
    }

    private TrafficCounts counts(Instant minute) {
        return new TrafficCounts(minute(minute).counts(), minute(minute).slowestMicros());
    }
}
