package io.portcullis.registry;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.auth.Fingerprint;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The records this process holds, shared by all its event loops: credential → key, client id → client, joined at each request, so that a
 * client with ten thousand keys is still one record. Bounded by weight in bytes; what is asked for often stays (W-TinyLFU), a spray of
 * unknown keys pushes nothing out: those have a small cache of their own.
 *
 * <p>Every entry says up to when it decides without asking. It stays beyond that, for the time in which nobody can be asked.
 *
 * <p>Thread-safe. Reads take no lock.
 */
public final class NearCache {

    /** Bytes of an entry besides its texts: record, cache node, hash bucket, key. An estimate from the fields, not yet held against a heap. */
    private static final int KEY_WEIGHT = 320;

    private static final int CLIENT_WEIGHT = 420;
    private static final int NETWORK_WEIGHT = 160;

    /** What a credential that was found stands for. */
    sealed interface Proof {}

    /** It is this key, as it was in that epoch. */
    record KeyProof(ClientKey key, String epoch, long freshUntilNanos) implements Proof {}

    /** It is the secret of that client, as long as the client's hash is the one it was checked against. */
    record SecretProof(String clientId, String secretHash) implements Proof {
        @Override
        public String toString() {
            return "secret of " + clientId;
        }
    }

    /** The client as it was in that epoch. */
    record NearClient(Client client, String epoch, long freshUntilNanos) {}

    private final Cache<Fingerprint, Proof> proofs;
    private final Cache<String, NearClient> clients;
    private final Cache<Fingerprint, Boolean> unknown;

    /**
     * An empty cache.
     *
     * @param maxBytes of both kinds of records together
     * @param unknownTtl how long "no such key" is believed, at most a second
     * @param unknownEntries how many of those are remembered
     */
    public NearCache(long maxBytes, Duration unknownTtl, long unknownEntries) {
        // Caffeine's upkeep runs on the thread that made it necessary, a few entries at a time, instead of waking
        // another.
        proofs = Caffeine.newBuilder()
                .executor(Runnable::run)
                .maximumWeight(maxBytes / 2)
                .weigher((Fingerprint fingerprint, Proof proof) -> weight(proof))
                .build();
        clients = Caffeine.newBuilder()
                .executor(Runnable::run)
                .maximumWeight(maxBytes / 2)
                .weigher((String id, NearClient client) -> weight(client.client()))
                .build();
        unknown = Caffeine.newBuilder()
                .executor(Runnable::run)
                .maximumSize(unknownEntries)
                .expireAfterWrite(unknownTtl)
                .build();
    }

    @Nullable
    Proof proof(Fingerprint fingerprint) {
        return proofs.getIfPresent(fingerprint);
    }

    @Nullable
    NearClient client(String clientId) {
        return clients.getIfPresent(clientId);
    }

    void put(Fingerprint fingerprint, SecretProof proof) {
        proofs.put(fingerprint, proof);
    }

    /** Two look-ups may land in either order: an older version never takes the place of a newer one. */
    void put(Fingerprint fingerprint, KeyProof proof) {
        proofs.asMap()
                .merge(
                        fingerprint,
                        proof,
                        (held, loaded) -> held instanceof KeyProof key && isNewer(key, proof) ? held : loaded);
    }

    /** As for keys; what is returned is what is held from now on. */
    NearClient put(NearClient client) {
        return clients.asMap()
                .merge(client.client().clientId(), client, (held, loaded) -> isNewer(held, loaded) ? held : loaded);
    }

    void forgetClient(String clientId) {
        clients.invalidate(clientId);
    }

    void forget(Fingerprint fingerprint) {
        proofs.invalidate(fingerprint);
    }

    boolean isUnknown(Fingerprint fingerprint) {
        return unknown.getIfPresent(fingerprint) != null;
    }

    void putUnknown(Fingerprint fingerprint) {
        unknown.put(fingerprint, Boolean.TRUE);
    }

    /** Clients held now, for a gauge. */
    public long clientCount() {
        return clients.estimatedSize();
    }

    /** Credentials held now, for a gauge. */
    public long credentialCount() {
        return proofs.estimatedSize();
    }

    private static boolean isNewer(KeyProof held, KeyProof loaded) {
        return held.epoch().equals(loaded.epoch())
                && held.key().version() > loaded.key().version();
    }

    private static boolean isNewer(NearClient held, NearClient loaded) {
        return held.epoch().equals(loaded.epoch())
                && held.client().version() > loaded.client().version();
    }

    private static int weight(Proof proof) {
        if (proof instanceof KeyProof key) {
            return KEY_WEIGHT + length(key.key().scopesText());
        }
        return KEY_WEIGHT + length(((SecretProof) proof).secretHash());
    }

    private static int weight(Client client) {
        int texts = length(client.clientCode())
                + length(client.tenantId())
                + length(client.ownerUserId())
                + length(client.secretHash())
                + length(client.bapId())
                + length(client.bapUri());
        return CLIENT_WEIGHT
                + texts
                + length(client.scopesText())
                + client.allowedIps().texts().size() * NETWORK_WEIGHT;
    }

    private static int length(@Nullable String text) {
        return text == null ? 0 : text.length();
    }
}
