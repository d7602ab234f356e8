package io.portcullis.registry;

import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.auth.ClientStatus;
import io.portcullis.auth.KeyDigest;
import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import java.util.List;

/**
 * The source of truth for clients and keys. Futures fail with a {@link RegistryException} and complete by the deadline; each write is one
 * transaction together with its audit row.
 */
public interface ClientRegistry extends Lookup {

    /**
     * Writes the client, whether or not it exists, and adds the keys. The status counts for a new client only; an existing one changes it by
     * {@link #updateStatus}.
     *
     * @return the client as it is now
     */
    Future<Written> upsert(ClientDraft client, List<KeyDraft> newKeys, Author author, Deadline deadline);

    /**
     * Adds keys to a client.
     *
     * @return the client; fails with {@link RegistryException.ClientNotFound}, or with {@link RegistryException.Conflict} where a digest is
     *     taken
     */
    Future<Written> addKeys(String clientId, List<KeyDraft> newKeys, Author author, Deadline deadline);

    /**
     * Takes a client to another status.
     *
     * @return the client as it is now; fails with {@link RegistryException.ClientNotFound}, or with {@link RegistryException.Conflict}
     *     where its life does not allow that step
     */
    Future<Written> updateStatus(String clientId, ClientStatus status, Author author, Deadline deadline);

    /** Which clients the user owns, {@link OwnedClients#MOST} at most; a user whom nobody knows owns none. */
    Future<Owned> findOwned(String userId, Deadline deadline);

    /** The client of that id, or that there is none. */
    default Future<Cached<Client>> getByClientId(String clientId, Deadline deadline) {
        return find(new Query.ByClientId(clientId), deadline).map(found -> {
            Cached<Client> client = found.client();
            if (client == null) {
                throw new IllegalStateException("a client was asked for");
            }
            return client;
        });
    }

    /** The key of that digest, or that there is none. */
    default Future<Cached<ClientKey>> findByKeyDigest(KeyDigest digest, Deadline deadline) {
        return find(new Query.ByDigest(digest), deadline).map(found -> {
            Cached<ClientKey> key = found.key();
            if (key == null) {
                throw new IllegalStateException("a key was asked for");
            }
            return key;
        });
    }
}
