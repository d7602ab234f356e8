package io.portcullis.registry;

import io.portcullis.auth.Client;
import io.portcullis.auth.ClientStatus;
import io.portcullis.bus.Deadline;
import io.portcullis.cache.RedisKey;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes, then deletes what Redis holds of the client and of its keys: the database first, so that who misses in Redis finds the new
 * state. A write succeeds once the database has it, whatever becomes of Redis.
 *
 * <p>It makes a change seen sooner, and no more than that: a reader that had loaded the former state may fill it in again behind the
 * deletion, and the near caches of other processes are not reached. Both end with the lease.
 */
public final class InvalidatingRegistry implements ClientRegistry {

    /** How long a write that is done waits for Redis. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    /** Names in one command: a client with very many keys must not hold up the others' commands. */
    private static final int BATCH = 500;

    /** Deletes entries of Redis, such as {@code RedisCache::delete}. */
    @FunctionalInterface
    public interface Entries {
        Future<?> delete(List<RedisKey> keys, Deadline deadline);
    }

    private final ClientRegistry writes;
    private final ClientDirectory directory;
    private final Entries redis;
    private final Consumer<Throwable> missed;

    /**
     * @param missed told when entries could not be deleted
     */
    public InvalidatingRegistry(
            ClientRegistry writes, ClientDirectory directory, Entries redis, Consumer<Throwable> missed) {
        this.writes = writes;
        this.directory = directory;
        this.redis = redis;
        this.missed = missed;
    }

    @Override
    public Future<Found> find(Query query, Deadline deadline) {
        return writes.find(query, deadline);
    }

    @Override
    public Future<Client> upsert(ClientDraft client, List<KeyDraft> newKeys, Author author, Deadline deadline) {
        return writes.upsert(client, newKeys, author, deadline)
                .compose(written -> forget(written.clientId(), deadline).map(written));
    }

    @Override
    public Future<Client> updateStatus(String clientId, ClientStatus status, Author author, Deadline deadline) {
        return writes.updateStatus(clientId, status, author, deadline)
                .compose(written -> forget(written.clientId(), deadline).map(written));
    }

    private Future<Void> forget(String clientId, Deadline deadline) {
        Deadline own = deadline.atMost(PATIENCE);
        // The client first: its status decides for all its keys.
        return redis.delete(List.of(RedisKey.of(RedisTier.clientName(clientId))), own)
                .compose(deleted -> forgetKeys(clientId, null, own))
                .recover(failure -> {
                    missed.accept(failure);
                    return Future.succeededFuture();
                });
    }

    private Future<Void> forgetKeys(String clientId, @Nullable String afterKey, Deadline deadline) {
        return directory.digests(clientId, afterKey, BATCH, deadline).compose(keys -> {
            if (keys.isEmpty()) {
                return Future.succeededFuture();
            }
            List<RedisKey> names = new ArrayList<>();
            keys.forEach(key -> names.add(RedisKey.of(RedisTier.keyName(key.digest()))));
            Future<?> deleted = redis.delete(names, deadline);
            return keys.size() < BATCH
                    ? deleted.mapEmpty()
                    : deleted.compose(done ->
                            forgetKeys(clientId, keys.get(keys.size() - 1).keyId(), deadline));
        });
    }
}
