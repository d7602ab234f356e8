package io.portcullis.registry;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.portcullis.auth.Client;
import io.portcullis.auth.Fingerprint;
import io.portcullis.auth.Peppers;
import io.portcullis.auth.SecretHash;
import io.portcullis.auth.SlowHash;
import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds a secret against a client's hash, whatever its kind: a fast one at once, a slow one elsewhere. Where there is nothing to hold it
 * against, or a fast hash that it does not have, a no takes the work of the slow hashes that are usual here. Thread-safe.
 */
public final class SecretCheck {

    private static final Logger log = LoggerFactory.getLogger(SecretCheck.class);

    private final Peppers peppers;
    private final SlowHashes slow;

    /** Versions whose hash cannot be checked, and of which that has been told. */
    private final Cache<Long, Boolean> told =
            Caffeine.newBuilder().maximumSize(10_000).build();

    public SecretCheck(Peppers peppers, SlowHashes slow) {
        this.peppers = peppers;
        this.slow = slow;
    }

    /**
     * Whether it is the client's secret.
     *
     * @param clientId as it was asked for
     * @param client null where there is none
     */
    Future<Boolean> isSecretOf(
            String clientId, @Nullable Client client, String secret, Fingerprint fingerprint, Deadline deadline) {
        String hash = client == null ? null : client.secretHash();
        if (client != null && hash != null && SlowHash.isOne(hash)) {
            SlowHash readable = SlowHash.parse(hash);
            if (readable != null && slow.affords(readable)) {
                return slow.matches(fingerprint, clientId, secret, readable, deadline);
            }
            tell(client, readable);
        } else if (SecretHash.matches(secret, hash, peppers)) {
            return Future.succeededFuture(true);
        }
        return slow.pretend(fingerprint, clientId, secret, deadline);
    }

    private void tell(Client client, @Nullable SlowHash hash) {
        if (told.asMap().putIfAbsent(client.version(), true) == null) {
            log.warn(
                    "event=secret_hash.unservable client_id={} version={} reason=\"{}\"",
                    client.clientId(),
                    client.version(),
                    hash == null
                            ? "not a bcrypt or argon2id hash that can be read, or one that costs too much"
                            : hash + " takes more memory than auth.slow-hash.memory");
        }
    }
}
