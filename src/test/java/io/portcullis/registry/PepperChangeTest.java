package io.portcullis.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.auth.ApiKey;
import io.portcullis.auth.Credential;
import io.portcullis.auth.Decision;
import io.portcullis.auth.Fingerprinter;
import io.portcullis.auth.Pepper;
import io.portcullis.auth.Peppers;
import io.portcullis.auth.Refusal;
import io.portcullis.bus.Deadline;
import io.portcullis.freshness.FollowedLog;
import io.vertx.core.Future;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Keys while one pepper takes the place of another. */
class PepperChangeTest {

    private static final Pepper OLD = new Pepper("the pepper of last year");
    private static final Pepper NEW = new Pepper("the pepper of this year");

    private final SecureRandom random = new SecureRandom();
    private final InMemoryClientRegistry registry = new InMemoryClientRegistry();
    private final String key = ApiKey.generate("test", random);
    private final Map<Integer, Runnable> before = new HashMap<>();
    private int asked;

    @Test
    void aKeyUnderAFormerPepperCountsAndIsMoved() {
        Authenticator authenticator = with(new Peppers(NEW, List.of(OLD), null));
        register(OLD);

        assertThat(decide(authenticator)).isInstanceOf(Decision.Allowed.class);

        assertThat(isUnder(OLD)).isFalse();
        assertThat(isUnder(NEW)).isTrue();
        assertThat(asked).isEqualTo(2);
    }

    @Test
    void aKeyUnderTheNextPepperCountsAndStays() {
        Authenticator authenticator = with(new Peppers(OLD, List.of(), NEW));
        register(NEW);

        assertThat(decide(authenticator)).isInstanceOf(Decision.Allowed.class);

        assertThat(isUnder(NEW)).isTrue();
    }

    @Test
    void aKeyThatMovesBetweenTwoLooksIsFound() {
        Authenticator authenticator = with(new Peppers(NEW, List.of(OLD), null));
        register(OLD);
        before.put(
                2, () -> registry.moveKey(OLD.digest(key), NEW.digest(key), NEW.id(), ClientRegistryContract.soon()));

        assertThat(decide(authenticator)).isInstanceOf(Decision.Allowed.class);
        assertThat(asked).isEqualTo(3);
    }

    @Test
    void aKeyThatAnotherNodeMovesToTheNextPepperIsFound() {
        Authenticator authenticator = with(new Peppers(OLD, List.of(), NEW));
        register(OLD);
        before.put(
                1, () -> registry.moveKey(OLD.digest(key), NEW.digest(key), NEW.id(), ClientRegistryContract.soon()));

        assertThat(decide(authenticator)).isInstanceOf(Decision.Allowed.class);
    }

    @Test
    void anUnknownKeyIsLookedForUnderEachAndThenRemembered() {
        Authenticator authenticator = with(new Peppers(NEW, List.of(OLD), new Pepper("the pepper of next year")));

        assertThat(decide(authenticator)).isEqualTo(new Decision.Denied(Refusal.INVALID_CREDENTIALS));
        assertThat(decide(authenticator)).isEqualTo(new Decision.Denied(Refusal.INVALID_CREDENTIALS));

        assertThat(asked).isEqualTo(3);
    }

    private Authenticator with(Peppers peppers) {
        Lookup lookup = (query, deadline) -> {
            before.getOrDefault(++asked, () -> {}).run();
            return registry.find(query, deadline);
        };
        SimpleMeterRegistry metrics = new SimpleMeterRegistry();
        return new Authenticator(
                new Authenticator.Parts(
                        Fingerprinter.create(random),
                        peppers,
                        new SecretCheck(
                                peppers, new SlowHashes(new SlowHashes.Limits(1, 1, 1024), Runnable::run, metrics)),
                        new Redigest(registry, System::nanoTime, metrics),
                        new NearCache(1 << 20, Duration.ofSeconds(1), 100),
                        new CredentialUses(100_000),
                        FollowedLog.fresh(Duration.ofHours(1), Duration.ZERO).freshness(),
                        Duration.ofHours(1),
                        deadline -> Future.failedFuture("nothing to catch up with"),
                        new RecordRefusals(metrics),
                        Clock.systemUTC()),
                lookup,
                new AcceptanceRule());
    }

    private void register(Pepper pepper) {
        String clientId = ClientRegistryContract.id();
        registry.upsert(
                ClientDraft.active(clientId, "code"),
                List.of(KeyDraft.of(key, pepper, null)),
                Author.of("test"),
                ClientRegistryContract.soon());
    }

    private boolean isUnder(Pepper pepper) {
        return registry.findByKeyDigest(pepper.digest(key), ClientRegistryContract.soon())
                        .result()
                        .value()
                != null;
    }

    private Decision decide(Authenticator authenticator) {
        return authenticator
                .decide(new Credential.Key(key), () -> null, Deadline.in(Duration.ofSeconds(1)))
                .result();
    }
}
