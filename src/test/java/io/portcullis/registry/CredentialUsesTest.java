package io.portcullis.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class CredentialUsesTest {

    private final Map<String, Integer> taken = new HashMap<>();

    @Test
    void usesAreTakenOnce() {
        CredentialUses uses = new CredentialUses(10);
        CredentialUse key = new CredentialUse("client", "key");
        CredentialUse secret = new CredentialUse("client", null);
        uses.count(key);
        uses.count(secret);
        uses.count(key);

        uses.take(this::add);
        assertThat(taken).containsExactlyInAnyOrderEntriesOf(Map.of("client key", 2, "client null", 1));

        uses.take(this::add);
        assertThat(taken).hasSize(2).containsEntry("client key", 2);

        uses.count(key);
        uses.take(this::add);
        assertThat(taken).containsEntry("client key", 3);
    }

    @Test
    void beyondTheBoundUsesAreDroppedAndCounted() {
        CredentialUses uses = new CredentialUses(1);
        CredentialUse held = new CredentialUse("client", "held");
        CredentialUse beyond = new CredentialUse("client", "beyond");
        uses.count(held);
        uses.count(beyond);
        uses.count(beyond);
        uses.count(held);

        uses.take(this::add);
        assertThat(taken).containsExactlyEntriesOf(Map.of("client held", 2));
        assertThat(uses.dropped()).isEqualTo(2);

        uses.count(beyond);
        uses.take(this::add);
        assertThat(taken).as("there is room again").containsEntry("client beyond", 1);
    }

    @RepeatedTest(5)
    void whateverIsTakenMeanwhileNoUseIsLostAndNoneCountsTwice() throws Exception {
        CredentialUses uses = new CredentialUses(20);
        List<CredentialUse> keys = new ArrayList<>();
        for (int i = 0; i < 25; i++) {
            keys.add(new CredentialUse("client", "key-" + i));
        }
        int each = 100_000;
        AtomicBoolean over = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        for (int thread = 0; thread < 3; thread++) {
            int first = thread;
            threads.execute(() -> {
                for (int i = 0; i < each; i++) {
                    uses.count(keys.get((first + i) % keys.size()));
                }
            });
        }
        Thread taker = new Thread(() -> {
            while (!over.get()) {
                uses.take(this::add);
            }
        });
        taker.start();
        threads.shutdown();
        assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        over.set(true);
        taker.join();
        uses.take(this::add);

        assertThat(taken.values().stream().mapToLong(Integer::longValue).sum() + uses.dropped())
                .isEqualTo(3L * each);
    }

    private void add(String clientId, @Nullable String keyId, int times) {
        taken.merge(clientId + " " + keyId, times, Integer::sum);
    }
}
