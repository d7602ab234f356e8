package io.portcullis.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.auth.KeyDigest;
import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RedigestTest {

    private final List<Promise<Boolean>> writes = new ArrayList<>();
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final PepperMoves moves = new PepperMoves() {
        @Override
        public Future<Boolean> moveKey(KeyDigest from, KeyDigest to, String pepperId, Deadline deadline) {
            return write();
        }

        @Override
        public Future<Boolean> moveSecret(String clientId, String from, String to, Deadline deadline) {
            return write();
        }

        private Future<Boolean> write() {
            Promise<Boolean> promise = Promise.promise();
            writes.add(promise);
            return promise.future();
        }
    };
    private long now;
    private final Redigest redigest = new Redigest(moves, () -> now, metrics);

    @Test
    void aKeyThatIsOnItsWayIsNotSentASecondTime() {
        redigest.key(digest(1), digest(2), "id");
        redigest.key(digest(1), digest(2), "id");
        redigest.secret("client", "a", "b");
        redigest.secret("client", "a", "b");

        assertThat(writes).hasSize(2);
        assertThat(count("postponed")).isEqualTo(2);
    }

    @Test
    void soManyASecondAtMost() {
        for (int i = 0; i < 1000; i++) {
            redigest.key(digest(i), digest(-i), "id");
            writes.forEach(write -> write.tryComplete(true));
        }
        assertThat(writes).hasSize(Redigest.MOST_PER_SECOND);

        now += Duration.ofSeconds(1).toNanos();
        redigest.key(digest(5000), digest(1), "id");
        assertThat(writes).hasSize(Redigest.MOST_PER_SECOND + 1);
    }

    @Test
    void fewAtOnce() {
        for (int i = 0; i < 20; i++) {
            redigest.key(digest(i), digest(-i), "id");
        }

        assertThat(writes).hasSize(4);
    }

    @Test
    void oneThatFailsIsCountedAndDoneAtALaterUse() {
        redigest.key(digest(1), digest(2), "id");
        writes.get(0).fail("the database is away");
        redigest.key(digest(1), digest(2), "id");
        writes.get(1).complete(true);
        redigest.key(digest(1), digest(2), "id");
        writes.get(2).complete(false);

        assertThat(count("failed")).isEqualTo(1);
        assertThat(count("moved")).isEqualTo(1);
        assertThat(count("gone")).isEqualTo(1);
    }

    private double count(String result) {
        return metrics.get("registry_redigests").tag("result", result).counter().count();
    }

    private static KeyDigest digest(long value) {
        return new KeyDigest(value, 0, 0, 0);
    }
}
