package io.portcullis.registry;

import io.portcullis.auth.AddressRules;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.auth.ClientStatus;
import io.portcullis.auth.KeyDigest;
import io.portcullis.bus.Deadline;
import io.portcullis.freshness.FollowedLog;
import io.portcullis.freshness.Position;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A registry without a database, for tests; passes the same contract as the real one. */
final class InMemoryClientRegistry implements ClientRegistry, PepperMoves {

    private final Map<String, Client> clients = new HashMap<>();
    private final Map<KeyDigest, ClientKey> keys = new HashMap<>();
    private long version;
    private long seq;

    @Override
    public synchronized Future<Found> find(Query query, Deadline deadline) {
        if (query instanceof Query.ByClientId byId) {
            return Future.succeededFuture(new Found(null, cached(clients.get(byId.clientId())), System.nanoTime()));
        }
        ClientKey key = keys.get(((Query.ByDigest) query).digest());
        return Future.succeededFuture(
                new Found(cached(key), key == null ? null : cached(clients.get(key.clientId())), System.nanoTime()));
    }

    @Override
    public synchronized Future<Owned> findOwned(String userId, Deadline deadline) {
        List<String> ids = clients.values().stream()
                .filter(client -> userId.equals(client.ownerUserId()))
                .map(Client::clientId)
                .sorted()
                .limit(OwnedClients.MOST)
                .toList();
        return Future.succeededFuture(new Owned(userId, ids, position()));
    }

    @Override
    public synchronized Future<Written> upsert(
            ClientDraft draft, List<KeyDraft> newKeys, Author author, Deadline deadline) {
        for (KeyDraft key : newKeys) {
            if (keys.containsKey(key.digest())) {
                return Future.failedFuture(new RegistryException.Conflict("that digest is taken"));
            }
        }
        Client before = clients.get(draft.clientId());
        Client client = client(draft, before == null ? draft.status() : before.status());
        clients.put(draft.clientId(), client);
        put(draft.clientId(), newKeys);
        seq++;
        return Future.succeededFuture(new Written(client, position()));
    }

    @Override
    public synchronized Future<Written> addKeys(
            String clientId, List<KeyDraft> newKeys, Author author, Deadline deadline) {
        Client client = clients.get(clientId);
        if (client == null) {
            return Future.failedFuture(new RegistryException.ClientNotFound(clientId));
        }
        for (KeyDraft key : newKeys) {
            if (keys.containsKey(key.digest())) {
                return Future.failedFuture(new RegistryException.Conflict("that digest is taken"));
            }
        }
        put(clientId, newKeys);
        seq++;
        return Future.succeededFuture(new Written(client, position()));
    }

    private void put(String clientId, List<KeyDraft> newKeys) {
        for (KeyDraft key : newKeys) {
            keys.put(
                    key.digest(),
                    ClientKey.of(
                            UUID.randomUUID().toString(),
                            clientId,
                            key.digest(),
                            true,
                            key.scopes(),
                            key.notBefore() == null ? null : key.notBefore().toEpochMilli(),
                            key.expiresAt() == null ? null : key.expiresAt().toEpochMilli(),
                            ++version));
        }
    }

    @Override
    public synchronized Future<Written> updateStatus(
            String clientId, ClientStatus status, Author author, Deadline deadline) {
        Client before = clients.get(clientId);
        if (before == null) {
            return Future.failedFuture(new RegistryException.ClientNotFound(clientId));
        }
        if (!before.status().mayBecome(status)) {
            return Future.failedFuture(new RegistryException.Conflict("not from " + before.status()));
        }
        if (before.status() == status) {
            return Future.succeededFuture(new Written(before, position()));
        }
        Client after = new Client(
                before.clientId(),
                before.clientCode(),
                before.tenantId(),
                before.ownerUserId(),
                before.secretHash(),
                before.bapId(),
                before.bapUri(),
                before.allowedIps(),
                before.rateLimit(),
                status,
                before.scopesText(),
                before.graceSeconds(),
                ++version,
                before.fault());
        clients.put(clientId, after);
        seq++;
        return Future.succeededFuture(new Written(after, position()));
    }

    @Override
    public synchronized Future<Boolean> moveKey(KeyDigest from, KeyDigest to, String pepperId, Deadline deadline) {
        ClientKey key = keys.remove(from);
        if (key == null) {
            return Future.succeededFuture(false);
        }
        keys.put(
                to,
                new ClientKey(
                        key.keyId(),
                        key.clientId(),
                        to,
                        key.active(),
                        key.scopesText(),
                        key.notBefore(),
                        key.expiresAt(),
                        ++version,
                        key.fault()));
        seq++;
        return Future.succeededFuture(true);
    }

    @Override
    public Future<Boolean> moveSecret(String clientId, String from, String to, Deadline deadline) {
        return Future.failedFuture("no test asks for it");
    }

    synchronized void remove(KeyDigest digest) {
        keys.remove(digest);
        seq++;
    }

    synchronized void removeClient(String clientId) {
        clients.remove(clientId);
        seq++;
    }

    private Client client(ClientDraft draft, ClientStatus status) {
        return new Client(
                draft.clientId(),
                draft.clientCode(),
                draft.tenantId(),
                draft.ownerUserId(),
                draft.secretHash(),
                draft.bapId(),
                draft.bapUri(),
                AddressRules.of(draft.allowedIps()),
                draft.rateLimit(),
                status,
                Client.joinScopes(draft.scopes()),
                draft.graceSeconds(),
                ++version,
                null);
    }

    private <T> Cached<T> cached(@Nullable T value) {
        return new Cached<>(value, position());
    }

    private Position position() {
        return new Position(FollowedLog.EPOCH, seq);
    }
}
