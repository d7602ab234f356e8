package io.portcullis.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.auth.AddressRules;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.auth.ClientStatus;
import io.portcullis.auth.Credential;
import io.portcullis.auth.Fingerprint;
import io.portcullis.auth.Fingerprinter;
import io.portcullis.auth.KeyDigest;
import io.portcullis.freshness.Change;
import io.portcullis.freshness.Fences;
import io.portcullis.freshness.FollowedLog;
import io.portcullis.registry.NearCache.Absence;
import io.portcullis.registry.NearCache.KeyProof;
import io.portcullis.registry.NearCache.NearClient;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class NearCacheTest {

    private final NearCache near = new NearCache(1 << 20, Duration.ofSeconds(1), 10);
    private final Fingerprinter fingerprinter = Fingerprinter.create(new SecureRandom());
    private final FollowedLog log = FollowedLog.fresh(Duration.ofHours(1), Duration.ZERO);
    private final Fences fences = log.freshness().fences();

    @Test
    void anOlderLoadThatLandsLaterDoesNotTakeTheNewerOnesPlace() {
        Fingerprint fingerprint = fingerprint("a");
        KeyProof newer = new KeyProof(key(6), fences, 4, 100);
        near.put(new NearClient(client("c", 8), fences, 4, 100));
        near.put(fingerprint, newer);

        NearClient held = near.put(new NearClient(client("c", 7), fences, 3, 200));
        near.put(fingerprint, new KeyProof(key(5), fences, 3, 200));

        assertThat(held.client().version()).isEqualTo(8);
        assertThat(near.client("c", fences)).isEqualTo(held);
        assertThat(near.proof(fingerprint, fences)).isSameAs(newer);
    }

    @Test
    void theSameVersionReadLaterTakesThePlace() {
        near.put(new NearClient(client("c", 8), fences, 4, 100));

        assertThat(near.put(new NearClient(client("c", 8), fences, 5, 200)).asOf())
                .isEqualTo(5);
        assertThat(near.put(new NearClient(client("c", 8), fences, 4, 300)).asOf())
                .isEqualTo(5);
    }

    @Test
    void whatAnotherEpochAdmittedIsNotGivenOut() {
        Fingerprint fingerprint = fingerprint("a");
        near.put(new NearClient(client("c", 8), fences, 4, 100));
        near.put(fingerprint, new KeyProof(key(6), fences, 4, 100));
        near.putUnknown(fingerprint, new Absence(List.of(new KeyDigest(1, 2, 3, 4)), null, fences, 4));

        log.startOver("after the restore", 2);
        Fences now = log.freshness().fences();

        assertThat(near.client("c", now)).isNull();
        assertThat(near.proof(fingerprint, now)).isNull();
        assertThat(near.isUnknown(fingerprint, now)).isFalse();
        assertThat(near.put(new NearClient(client("c", 2), now, 2, 200))
                        .client()
                        .version())
                .isEqualTo(2);
    }

    @Test
    void whatAFenceHasOvertakenIsNotGivenOut() {
        Fingerprint fingerprint = fingerprint("a");
        near.put(new NearClient(client("c", 8), fences, 4, 100));
        near.put(fingerprint, new KeyProof(key(6), fences, 4, 100));

        log.apply(new Change(Change.Kind.CLIENT, "c", 9, "D", null, null), 5);
        log.apply(new Change(Change.Kind.KEY, "k", 8, "U", null, null), 6);

        assertThat(near.client("c", fences)).isNull();
        assertThat(near.proof(fingerprint, fences)).isNull();
    }

    @Test
    void whatWasReadBeforeTheFloorIsNotGivenOut() {
        near.put(new NearClient(client("c", 8), fences, 4, 100));
        near.put(new NearClient(client("d", 8), fences, 5, 100));

        log.apply(new Change(Change.Kind.CLIENT, "another", 10, "U", null, null), 5);
        log.forgetFences();

        assertThat(near.client("c", fences)).isNull();
        assertThat(near.client("d", fences)).isNotNull();
    }

    @Test
    void anUnknownKeyIsNoLongerUnknownOnceItWasMade() {
        KeyDigest digest = new KeyDigest(1, 2, 3, 4);
        near.putUnknown(fingerprint("a"), new Absence(List.of(digest), null, fences, 4));
        near.putUnknown(fingerprint("b"), new Absence(List.of(), "c", fences, 4));
        assertThat(near.isUnknown(fingerprint("a"), fences)).isTrue();
        assertThat(near.isUnknown(fingerprint("b"), fences)).isTrue();

        log.apply(new Change(Change.Kind.KEY, "k", 2, "I", null, digest), 5);
        log.apply(new Change(Change.Kind.CLIENT, "c", 4, "I", null, null), 6);

        assertThat(near.isUnknown(fingerprint("a"), fences)).isFalse();
        assertThat(near.isUnknown(fingerprint("b"), fences)).isFalse();
    }

    @Test
    void anUnknownKeyIsNoLongerUnknownOnceItWasMadeUnderAnyPepper() {
        KeyDigest former = new KeyDigest(5, 6, 7, 8);
        near.putUnknown(fingerprint("a"), new Absence(List.of(new KeyDigest(1, 2, 3, 4), former), null, fences, 4));
        assertThat(near.isUnknown(fingerprint("a"), fences)).isTrue();

        log.apply(new Change(Change.Kind.KEY, "k", 2, "I", null, former), 5);

        assertThat(near.isUnknown(fingerprint("a"), fences)).isFalse();
    }

    @Test
    void allOfAKindIsGoneAtOnce() {
        Fingerprint fingerprint = fingerprint("a");
        near.put(new NearClient(client("c", 8), fences, 4, 100));
        near.put(fingerprint, new KeyProof(key(6), fences, 4, 100));

        log.apply(new Change(Change.Kind.CLIENT, Change.ALL, 20, "T", null, null), 5);

        assertThat(near.client("c", fences)).isNull();
        assertThat(near.proof(fingerprint, fences)).isNotNull();
        near.forgetAll();
        assertThat(near.proof(fingerprint, fences)).isNull();
    }

    @Test
    void weightIsBounded() {
        for (int i = 0; i < 20_000; i++) {
            near.put(new NearClient(client("client-" + i, 1), fences, 0, 0));
            near.put(fingerprint("key-" + i), new KeyProof(key(1), fences, 0, 0));
            near.putUnknown(fingerprint("unknown-" + i), new Absence(List.of(), "c", fences, 0));
        }

        assertThat(near.clientCount()).isLessThan((1 << 20) / 2 / 400);
        assertThat(near.credentialCount()).isLessThan((1 << 20) / 2 / 300);
    }

    private Fingerprint fingerprint(String key) {
        return fingerprinter.of(new Credential.Key(key));
    }

    private static ClientKey key(long version) {
        return ClientKey.of("k", "c", new KeyDigest(1, 2, 3, 4), true, List.of(), null, null, version);
    }

    private static Client client(String id, long version) {
        return new Client(
                id,
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
                version,
                null);
    }
}
