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

    /** Bytes of an entry besides its texts: record, cache node, hash bucket, key. Measured with a heap histogram, rounded up. */
    private static final int KEY_WEIGHT = 320;

    private static final int CLIENT_WEIGHT = 420;

    /** What a credential that was found stands for. */
    sealed interface Proof {}

    /** It is this key. */
    record KeyProof(ClientKey key, long freshUntilNanos) implements Proof {}

    /** It is the secret of that client, as long as the client's hash is the one it was checked against. */
    record SecretProof(String clientId, String secretHash) implements Proof {}

    record NearClient(Client client, long freshUntilNanos) {}

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
        proofs = Caffeine.newBuilder()
                .maximumWeight(maxBytes / 2)
                .weigher((Fingerprint fingerprint, Proof proof) -> weight(proof))
                .recordStats()
                .build();
        clients = Caffeine.newBuilder()
                .maximumWeight(maxBytes / 2)
                .weigher((String id, NearClient client) -> weight(client.client()))
                .build();
        unknown = Caffeine.newBuilder()
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

    void put(Fingerprint fingerprint, Proof proof) {
        proofs.put(fingerprint, proof);
    }

    void put(NearClient client) {
        clients.put(client.client().clientId(), client);
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
        int lists = client.allowedIps().texts().size() * 160 + client.scopes().size() * 80;
        return CLIENT_WEIGHT + texts + lists;
    }

    private static int length(@Nullable String text) {
        return text == null ? 0 : text.length();
    }
}
