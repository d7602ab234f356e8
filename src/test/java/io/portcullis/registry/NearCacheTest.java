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
import io.portcullis.registry.NearCache.KeyProof;
import io.portcullis.registry.NearCache.NearClient;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class NearCacheTest {

    private final NearCache near = new NearCache(1 << 20, Duration.ofSeconds(1), 10);
    private final Fingerprinter fingerprinter = Fingerprinter.create(new SecureRandom());

    @Test
    void anOlderLoadThatLandsLaterDoesNotTakeTheNewerOnesPlace() {
        Fingerprint fingerprint = fingerprint("a");
        near.put(new NearClient(client("c", 8), "e", 100));
        near.put(fingerprint, new KeyProof(key(6), "e", 100));

        NearClient held = near.put(new NearClient(client("c", 7), "e", 200));
        near.put(fingerprint, new KeyProof(key(5), "e", 200));

        assertThat(held.client().version()).isEqualTo(8);
        assertThat(near.client("c")).isEqualTo(held);
        assertThat(near.proof(fingerprint)).isEqualTo(new KeyProof(key(6), "e", 100));
    }

    @Test
    void theSameVersionReadLaterIsFresher() {
        near.put(new NearClient(client("c", 8), "e", 100));

        assertThat(near.put(new NearClient(client("c", 8), "e", 200)).freshUntilNanos())
                .isEqualTo(200);
    }

    @Test
    void versionsOfAnotherEpochDoNotCompare() {
        near.put(new NearClient(client("c", 8), "before the restore", 100));

        assertThat(near.put(new NearClient(client("c", 2), "after", 200))
                        .client()
                        .version())
                .isEqualTo(2);
    }

    @Test
    void weightIsBounded() {
        for (int i = 0; i < 20_000; i++) {
            near.put(new NearClient(client("client-" + i, 1), "e", 0));
            near.put(fingerprint("key-" + i), new KeyProof(key(1), "e", 0));
            near.putUnknown(fingerprint("unknown-" + i));
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
