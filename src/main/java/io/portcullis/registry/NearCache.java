package io.portcullis.registry;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.portcullis.auth.Attachable;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.auth.Fingerprint;
import io.portcullis.auth.KeyDigest;
import io.portcullis.freshness.Fences;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The records this process holds, shared by all its event loops: credential → key, client id → client, joined at each request, so that a
 * client with ten thousand keys is still one record. Bounded by weight in bytes; what is asked for often stays (W-TinyLFU), a spray of
 * unknown keys pushes nothing out: those have a small cache of their own.
 *
 * <p>An entry is held with the fences that admitted it and the position it was read at, and is given out only while it is still admitted:
 * one that a fence has overtaken is as good as gone, also where the eviction has not come to it yet, or came before it was put. So an
 * eviction only makes room. A client's is exact. A key's entry stays, refused, until it is put anew or makes room for others: to find it, an
 * index from key to credentials would cost every entry memory for the sake of the few that change.
 *
 * <p>What was read before anybody asked is held by the key's digest, apart: it is looked for when a credential is not found, and moves to
 * the others at its first use.
 *
 * <p>Thread-safe. Reads take no lock.
 */
public final class NearCache {

    /**
     * Bytes of an entry besides its texts: record, count of uses, cache node, hash bucket, key. An estimate from the fields, not yet held
     * against a heap.
     */
    private static final int KEY_WEIGHT = 352;

    private static final int CLIENT_WEIGHT = 420;
    private static final int NETWORK_WEIGHT = 160;

    /** What a credential that was found stands for. */
    sealed interface Proof {

        /** Where its uses are counted. */
        CredentialUse use();
    }

    /**
     * What is held of a record. To look for its fence costs a warm request a fifth of its time where there are many; so it remembers as of how
     * many raisings of fences it was admitted last, and looks again when there were more.
     */
    abstract static class Held {
        private static final long NEVER = -1;

        private final Fences fences;
        private final long asOf;
        private final long expiresNanos;
        private volatile long admittedAt = NEVER;

        Held(Fences fences, long asOf, long expiresNanos) {
            this.fences = fences;
            this.asOf = asOf;
            this.expiresNanos = expiresNanos;
        }

        final Fences fences() {
            return fences;
        }

        final long asOf() {
            return asOf;
        }

        final long expiresNanos() {
            return expiresNanos;
        }

        abstract long version();

        abstract boolean isAdmitted();

        final boolean isAdmittedBy(Fences now) {
            if (fences != now) {
                return false;
            }
            // Read before the fences are: one that is raised meanwhile is looked for the next time.
            long raisings = now.raisings();
            if (admittedAt == raisings) {
                return true;
            }
            if (!isAdmitted()) {
                return false;
            }
            admittedAt = raisings;
            return true;
        }

        /** Whether it takes the place of another one that was loaded for the same. */
        final boolean isNewerThan(Held loaded) {
            return fences == loaded.fences
                    && (version() > loaded.version() || (version() == loaded.version() && asOf > loaded.asOf));
        }
    }

    /** It is this key. */
    static final class KeyProof extends Held implements Proof {
        private final ClientKey key;
        private final CredentialUse use;

        KeyProof(ClientKey key, Fences fences, long asOf, long expiresNanos) {
            super(fences, asOf, expiresNanos);
            this.key = key;
            this.use = new CredentialUse(key.clientId(), key.keyId());
        }

        @Override
        public CredentialUse use() {
            return use;
        }

        ClientKey key() {
            return key;
        }

        @Override
        long version() {
            return key.version();
        }

        @Override
        boolean isAdmitted() {
            return fences().admitsKey(key.keyId(), key.version(), asOf());
        }
    }

    /** It is the secret of that client, as long as the client's hash is the one it was checked against. */
    record SecretProof(String clientId, String secretHash, CredentialUse use) implements Proof {

        SecretProof(String clientId, String secretHash) {
            this(clientId, secretHash, new CredentialUse(clientId, null));
        }

        @Override
        public String toString() {
            return "secret of " + clientId;
        }
    }

    /** The client. */
    static final class NearClient extends Held implements Attachable {
        private final Client client;
        private volatile @Nullable Object attachment;

        NearClient(Client client, Fences fences, long asOf, long expiresNanos) {
            super(fences, asOf, expiresNanos);
            this.client = client;
        }

        Client client() {
            return client;
        }

        @Override
        public @Nullable Object attachment() {
            return attachment;
        }

        @Override
        public void attach(Object found) {
            attachment = found;
        }

        @Override
        long version() {
            return client.version();
        }

        @Override
        boolean isAdmitted() {
            return fences().admitsClient(client.clientId(), client.version(), asOf());
        }
    }

    /**
     * The credential is good for nobody.
     *
     * @param digests of the key that was looked for, one for each pepper; none where a client was
     * @param clientId of the client whose secret it is not; null where a key was looked for
     */
    record Absence(List<KeyDigest> digests, @Nullable String clientId, Fences fences, long asOf) {}

    /** Replaced as a whole when all is to go: that costs the same however much is held. */
    private record Tables(
            Cache<Fingerprint, Proof> proofs,
            Cache<KeyDigest, KeyProof> warmed,
            Cache<String, NearClient> clients,
            Cache<Fingerprint, Absence> unknown) {

        static Tables empty(long maxBytes, Duration unknownTtl, long unknownEntries, long warmKeys) {
            long forWarmed = Math.min(maxBytes / 8, warmKeys * KEY_WEIGHT);
            // Caffeine's upkeep runs on the thread that made it necessary, a few entries at a time, instead of waking
            // another.
            return new Tables(
                    Caffeine.newBuilder()
                            .executor(Runnable::run)
                            .maximumWeight(maxBytes / 2 - forWarmed)
                            .weigher((Fingerprint fingerprint, Proof proof) -> weight(proof))
                            .build(),
                    Caffeine.newBuilder()
                            .executor(Runnable::run)
                            .maximumWeight(forWarmed)
                            .weigher((KeyDigest digest, KeyProof proof) -> weight(proof))
                            .build(),
                    Caffeine.newBuilder()
                            .executor(Runnable::run)
                            .maximumWeight(maxBytes / 2)
                            .weigher((String id, NearClient client) -> weight(client.client()))
                            .build(),
                    Caffeine.newBuilder()
                            .executor(Runnable::run)
                            .maximumSize(unknownEntries)
                            .expireAfterWrite(unknownTtl)
                            .build());
        }
    }

    private final Supplier<Tables> empty;
    private volatile Tables tables;

    /**
     * An empty cache.
     *
     * @param maxBytes of both kinds of records together
     * @param unknownTtl how long "no such key" is believed, at most a second
     * @param unknownEntries how many of those are remembered
     */
    public NearCache(long maxBytes, Duration unknownTtl, long unknownEntries) {
        this(maxBytes, unknownTtl, unknownEntries, 0);
    }

    /**
     * As above, with room for keys that are read before anybody asks.
     *
     * @param warmKeys how many of those; they take an eighth of the bytes at most
     */
    public NearCache(long maxBytes, Duration unknownTtl, long unknownEntries, long warmKeys) {
        empty = () -> Tables.empty(maxBytes, unknownTtl, unknownEntries, warmKeys);
        tables = empty.get();
    }

    /** What the credential stands for, if that is still admitted. */
    @Nullable
    Proof proof(Fingerprint fingerprint, Fences fences) {
        Proof proof = tables.proofs().getIfPresent(fingerprint);
        return proof instanceof KeyProof held && !held.isAdmittedBy(fences) ? null : proof;
    }

    /** Whether the credential was checked against that hash already. */
    boolean isProven(Fingerprint fingerprint, String clientId, String secretHash) {
        return tables.proofs().getIfPresent(fingerprint) instanceof SecretProof proof
                && proof.clientId().equals(clientId)
                && proof.secretHash().equals(secretHash);
    }

    /** The client, if what is held of it is still admitted. */
    @Nullable
    NearClient client(String clientId, Fences fences) {
        NearClient held = tables.clients().getIfPresent(clientId);
        return held != null && held.isAdmittedBy(fences) ? held : null;
    }

    /** Whether it is known, and still admitted, that the credential is nobody's. */
    boolean isUnknown(Fingerprint fingerprint, Fences fences) {
        Absence absence = tables.unknown().getIfPresent(fingerprint);
        if (absence == null || absence.fences() != fences) {
            return false;
        }
        if (absence.clientId() != null) {
            return fences.admitsNoClient(absence.clientId(), absence.asOf());
        }
        for (KeyDigest digest : absence.digests()) {
            if (!fences.admitsNoKey(digest, absence.asOf())) {
                return false;
            }
        }
        return true;
    }

    /** A key that nobody has asked for yet: which credential it will come in, and so its fingerprint, is not known. */
    void warm(KeyProof proof) {
        tables.warmed()
                .asMap()
                .merge(proof.key().digest(), proof, (held, loaded) -> held.isNewerThan(loaded) ? held : loaded);
    }

    /** What was read of that key before anybody asked, if it is still admitted. */
    @Nullable
    KeyProof warmed(KeyDigest digest, Fences fences) {
        KeyProof held = tables.warmed().getIfPresent(digest);
        if (held == null || held.isAdmittedBy(fences)) {
            return held;
        }
        tables.warmed().invalidate(digest);
        return null;
    }

    /** The credential of a warmed key is known now: from here on it is found by that. */
    void adopt(Fingerprint fingerprint, KeyProof proof) {
        put(fingerprint, proof);
        tables.warmed().invalidate(proof.key().digest());
    }

    void put(Fingerprint fingerprint, SecretProof proof) {
        tables.proofs().put(fingerprint, proof);
    }

    /** Two look-ups may land in either order: an older record never takes the place of a newer one. */
    void put(Fingerprint fingerprint, KeyProof proof) {
        tables.proofs()
                .asMap()
                .merge(
                        fingerprint,
                        proof,
                        (held, loaded) -> held instanceof KeyProof key && key.isNewerThan(proof) ? held : loaded);
    }

    /** As for keys; what is returned is what is held from now on. */
    NearClient put(NearClient client) {
        return tables.clients()
                .asMap()
                .merge(client.client().clientId(), client, (held, loaded) -> held.isNewerThan(loaded) ? held : loaded);
    }

    void putUnknown(Fingerprint fingerprint, Absence absence) {
        tables.unknown().put(fingerprint, absence);
    }

    /** Makes room: what is held of the client is outdated. */
    public void forgetClient(String clientId) {
        tables.clients().invalidate(clientId);
    }

    /** Makes room: all that is held is outdated. At once, however much it is. */
    public void forgetAll() {
        tables = empty.get();
    }

    void forget(Fingerprint fingerprint) {
        tables.proofs().invalidate(fingerprint);
    }

    /** Clients held now, for a gauge. */
    public long clientCount() {
        return tables.clients().estimatedSize();
    }

    /** Keys held now that nobody has asked for yet, for a gauge. */
    public long warmedCount() {
        return tables.warmed().estimatedSize();
    }

    /** Credentials held now, for a gauge. */
    public long credentialCount() {
        return tables.proofs().estimatedSize();
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
