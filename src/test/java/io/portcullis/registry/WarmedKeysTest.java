package io.portcullis.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.auth.AddressRules;
import io.portcullis.auth.ApiKey;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.auth.ClientStatus;
import io.portcullis.auth.Credential;
import io.portcullis.auth.Decision;
import io.portcullis.auth.Fingerprinter;
import io.portcullis.auth.Pepper;
import io.portcullis.auth.Peppers;
import io.portcullis.bus.Deadline;
import io.portcullis.freshness.Change;
import io.portcullis.freshness.Fences;
import io.portcullis.freshness.FollowedLog;
import io.portcullis.registry.NearCache.KeyProof;
import io.portcullis.registry.NearCache.NearClient;
import io.vertx.core.Future;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A key that was read before anybody asked for it: it decides as any other record that is held here, and no more than that. */
class WarmedKeysTest {

    private static final Duration LONG = Duration.ofHours(1);
    private static final long KEY_VERSION = 6;
    private static final long CLIENT_VERSION = 8;

    private final SecureRandom random = new SecureRandom();
    private final Pepper pepper = new Pepper("a pepper for warmed keys, long enough");
    private final NearCache near = new NearCache(1 << 20, Duration.ZERO, 100, 100);
    private final String key = ApiKey.generate("test", random);
    private final String clientId = ClientRegistryContract.id();
    private int asked;

    @Test
    void itIsDecidedWithoutAskingAndThenFoundByItsCredential() {
        FollowedLog log = FollowedLog.fresh(LONG, Duration.ZERO);
        Authenticator authenticator = authenticator(log);
        warm(log.freshness().fences(), later());
        Credential credential = new Credential.Key(key);
        assertThat(authenticator.decideNow(credential, () -> null)).isNull();

        assertThat(decide(authenticator, credential)).isInstanceOf(Decision.Allowed.class);

        assertThat(authenticator.decideNow(credential, () -> null)).isInstanceOf(Decision.Allowed.class);
        assertThat(near.warmedCount()).isZero();
        assertThat(asked).isZero();
    }

    @Test
    void whatWasTakenBackBeforeItsFirstUseIsNotDecided() {
        FollowedLog log = FollowedLog.fresh(LONG, Duration.ZERO);
        Authenticator authenticator = authenticator(log);
        warm(log.freshness().fences(), later());

        log.apply(new Change(Change.Kind.KEY, "k", KEY_VERSION + 1, "U", null, null), 5);

        assertThat(decide(authenticator, new Credential.Key(key))).isNull();
        assertThat(asked).isOne();
    }

    @Test
    void whoseClientWasChangedBeforeItsFirstUseIsNotDecided() {
        FollowedLog log = FollowedLog.fresh(LONG, Duration.ZERO);
        Authenticator authenticator = authenticator(log);
        warm(log.freshness().fences(), later());

        log.apply(new Change(Change.Kind.CLIENT, clientId, CLIENT_VERSION + 1, "U", null, null), 5);

        assertThat(decide(authenticator, new Credential.Key(key))).isNull();
        assertThat(asked).isOne();
    }

    @Test
    void whatWasReadBeforeTheFloorOrInAnotherEpochIsNotDecided() {
        FollowedLog log = FollowedLog.fresh(LONG, Duration.ZERO);
        Authenticator authenticator = authenticator(log);
        warm(log.freshness().fences(), later());
        log.apply(new Change(Change.Kind.CLIENT, "another", 100, "U", null, null), 5);
        log.forgetFences();
        assertThat(decide(authenticator, new Credential.Key(key))).isNull();

        FollowedLog restored = FollowedLog.fresh(LONG, Duration.ZERO);
        Authenticator another = authenticator(restored);
        warm(restored.freshness().fences(), later());
        restored.startOver("after the restore", 4);
        assertThat(decide(another, new Credential.Key(key))).isNull();
    }

    @Test
    void pastItsTimeOrTheLeaseTheLadderIsAskedAsForAnyOther() {
        FollowedLog log = FollowedLog.fresh(LONG, Duration.ZERO);
        Authenticator authenticator = authenticator(log);
        warm(log.freshness().fences(), System.nanoTime());
        decide(authenticator, new Credential.Key(key));
        assertThat(asked).isOne();

        FollowedLog lost = FollowedLog.confirmedAgo(LONG, LONG, Duration.ZERO);
        Authenticator another = authenticator(lost);
        warm(lost.freshness().fences(), later());
        assertThat(decide(another, new Credential.Key(key))).isNull();
        assertThat(asked).isEqualTo(2);
    }

    @Test
    void whereNobodyCanBeAskedItServesForItsGraceAsOthersDo() {
        FollowedLog log = FollowedLog.confirmedAgo(LONG, LONG, LONG);
        Authenticator authenticator = authenticator(log);
        warm(log.freshness().fences(), later());

        assertThat(decide(authenticator, new Credential.Key(key)))
                .isInstanceOfSatisfying(
                        Decision.Allowed.class,
                        allowed -> assertThat(allowed.stale()).isTrue());
    }

    @Test
    void itProvesNothingForAnotherClient() {
        FollowedLog log = FollowedLog.fresh(LONG, Duration.ZERO);
        Authenticator authenticator = authenticator(log);
        warm(log.freshness().fences(), later());

        assertThat(decide(authenticator, new Credential.ClientSecret(ClientRegistryContract.id(), key)))
                .isNull();
        assertThat(decide(authenticator, new Credential.ClientSecret(clientId, key)))
                .isInstanceOf(Decision.Allowed.class);
    }

    @Test
    void aNewerRecordIsNotPutBackByAnOlderOne() {
        Fences fences = FollowedLog.fresh(LONG, Duration.ZERO).freshness().fences();
        KeyProof newer = proof(fences, KEY_VERSION + 2, later());

        near.warm(newer);
        near.warm(proof(fences, KEY_VERSION, later()));

        assertThat(near.warmed(pepper.digest(key), fences)).isSameAs(newer);
    }

    @Test
    void thereIsRoomForSoManyAndNoMore() {
        Fences fences = FollowedLog.fresh(LONG, Duration.ZERO).freshness().fences();
        for (int i = 0; i < 10_000; i++) {
            String other = ApiKey.generate("test", random);
            near.warm(new KeyProof(
                    ClientKey.of("k" + i, clientId, pepper.digest(other), true, List.of(), null, null, 2),
                    fences,
                    0,
                    later()));
        }
        assertThat(near.warmedCount()).isLessThanOrEqualTo(100);
    }

    private void warm(Fences fences, long expires) {
        near.forgetAll();
        near.put(new NearClient(
                new Client(
                        clientId,
                        "code",
                        null,
                        null,
                        null,
                        null,
                        null,
                        AddressRules.ANY,
                        null,
                        ClientStatus.ACTIVE,
                        null,
                        null,
                        CLIENT_VERSION,
                        null),
                fences,
                4,
                expires));
        near.warm(proof(fences, KEY_VERSION, expires));
    }

    private KeyProof proof(Fences fences, long version, long expires) {
        return new KeyProof(
                ClientKey.of("k", clientId, pepper.digest(key), true, List.of(), null, null, version),
                fences,
                4,
                expires);
    }

    private static long later() {
        return System.nanoTime() + LONG.toNanos();
    }

    /** One that can ask nobody. */
    private Authenticator authenticator(FollowedLog log) {
        return new Authenticator(
                new Authenticator.Parts(
                        Fingerprinter.create(random),
                        Peppers.only(pepper),
                        new SecretCheck(
                                Peppers.only(pepper),
                                new SlowHashes(
                                        new SlowHashes.Limits(1, 1, 1), Runnable::run, new SimpleMeterRegistry())),
                        new Redigest(new NoMoves(), System::nanoTime, new SimpleMeterRegistry()),
                        near,
                        new CredentialUses(100_000),
                        log.freshness(),
                        LONG,
                        deadline -> Future.succeededFuture(),
                        new RecordRefusals(new SimpleMeterRegistry()),
                        Clock.systemUTC()),
                (query, deadline) -> {
                    asked++;
                    return Future.failedFuture(new RegistryException.Unavailable("down", null));
                },
                new AcceptanceRule());
    }

    private static @Nullable Decision decide(Authenticator authenticator, Credential credential) {
        return authenticator
                .decide(credential, () -> null, Deadline.in(Duration.ofSeconds(1)))
                .otherwiseEmpty()
                .result();
    }
}
