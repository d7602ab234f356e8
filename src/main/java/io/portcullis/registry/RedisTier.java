package io.portcullis.registry;

import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.auth.KeyDigest;
import io.portcullis.bus.Deadline;
import io.portcullis.cache.Pipeline;
import io.portcullis.cache.RedisCache;
import io.portcullis.cache.RedisKey;
import io.portcullis.cache.Tier;
import io.portcullis.freshness.Change;
import io.portcullis.freshness.Changes;
import io.portcullis.freshness.Freshness;
import io.portcullis.registry.RecordRefusals.Reason;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The shared cache in front of the store: {@code client:{client_id}} and {@code client:key:{digest}}, joined for who asks by a digest.
 *
 * <p>Belongs to one event loop.
 */
final class RedisTier implements Tier<Query, Found> {

    /** Changes whose entries are deleted from Redis in one command. */
    private static final int CLEARED_AT_ONCE = 200;

    /** To clear is an optimisation: one that takes longer than this is none. */
    private static final Duration CLEAR_LIMIT = Duration.ofSeconds(1);

    private final RedisCache redis;
    private final RecordCodec codec;
    private final Freshness freshness;
    private final FillTtl ttl;
    private final AcceptanceRule rule = new AcceptanceRule();
    private final TierMeters meters;
    private final RecordRefusals refusals;

    RedisTier(
            RedisCache redis,
            RecordCodec codec,
            Freshness freshness,
            Duration ttl,
            TierMeters meters,
            RecordRefusals refusals) {
        this.redis = redis;
        this.codec = codec;
        this.freshness = freshness;
        this.ttl = new FillTtl(ttl);
        this.meters = meters;
        this.refusals = refusals;
    }

    static String keyName(KeyDigest digest) {
        return "client:key:" + digest.hex();
    }

    static String clientName(String clientId) {
        return "client:" + clientId;
    }

    @Override
    public Future<@Nullable Found> get(Query query, Deadline deadline) {
        long started = System.nanoTime();
        Future<@Nullable Found> cached = query instanceof Query.ByDigest byDigest
                ? findKey(byDigest, deadline)
                : findClient(((Query.ByClientId) query).clientId(), deadline)
                        .map(client ->
                                client == null ? null : new Found(null, client.record(), client.confirmedNanos()));
        return cached.onComplete(result -> {
            meters.took(started);
            meters.found(result);
        });
    }

    /** "There is none" is not shared; each node remembers it for itself, and shortly. */
    @Override
    public Future<?> put(Found found, Deadline deadline) {
        Pipeline pipeline = redis.pipeline(deadline);
        Future<?> keyKept = Future.succeededFuture();
        Cached<ClientKey> key = found.key();
        if (key != null && key.value() != null) {
            String name = keyName(key.value().digest());
            keyKept = set(pipeline, name, codec.encodeKey(name, key.value(), key.asOf()));
        }
        Future<?> clientKept = Future.succeededFuture();
        Cached<Client> client = found.client();
        if (client != null && client.value() != null) {
            String name = clientName(client.value().clientId());
            clientKept = set(pipeline, name, codec.encodeClient(name, client.value(), client.asOf()));
        }
        pipeline.send();
        return Future.all(keyKept, clientKept);
    }

    private Future<Void> set(Pipeline pipeline, String name, byte[] value) {
        return pipeline.set(RedisKey.of(name), Buffer.buffer(value), ttl.millis())
                .onFailure(failure -> meters.fillFailed());
    }

    /**
     * Deletes what Redis holds of these records. It makes room and saves who asks next a refusal, no more: what it misses, and what is
     * filled in again behind it, is refused by its reader. So a bulk is left to that. Of a new client there is nothing from before; what
     * there is has been kept by who registered it.
     *
     * @param isMine whether a question is one that comes here
     */
    void clear(Changes changes, Predicate<Query> isMine) {
        if (changes.several().size() > CLEARED_AT_ONCE) {
            return;
        }
        List<RedisKey> names =
                outdated(changes, isMine).stream().map(RedisKey::of).toList();
        redis.delete(names, Deadline.in(CLEAR_LIMIT)).onFailure(failure -> meters.fillFailed());
    }

    /** Names of what may stand in Redis from before. */
    static List<String> outdated(Changes changes, Predicate<Query> isMine) {
        List<String> names = new ArrayList<>();
        for (Change change : changes.several()) {
            if (change.kind() == Change.Kind.CLIENT) {
                if (!change.isOfNew() && isMine.test(new Query.ByClientId(change.id()))) {
                    names.add(clientName(change.id()));
                }
            } else {
                Stream.of(change.oldDigest(), change.newDigest())
                        .filter(Objects::nonNull)
                        .distinct()
                        .filter(digest -> isMine.test(new Query.ByDigest(digest)))
                        .forEach(digest -> names.add(keyName(digest)));
            }
        }
        return names;
    }

    private record Confirmed<T>(Cached<T> record, long confirmedNanos) {}

    private Future<@Nullable Found> findKey(Query.ByDigest query, Deadline deadline) {
        String name = keyName(query.digest());
        return redis.get(RedisKey.of(name), deadline).compose(value -> {
            Confirmed<ClientKey> key = value == null ? null : accepted(codec.decodeKey(name, value.getBytes()));
            if (key == null || key.record().value() == null) {
                return Future.succeededFuture();
            }
            return findClient(key.record().value().clientId(), deadline)
                    .map(client -> client == null
                            ? null
                            : new Found(
                                    key.record(),
                                    client.record(),
                                    Math.min(key.confirmedNanos(), client.confirmedNanos())));
        });
    }

    private Future<@Nullable Confirmed<Client>> findClient(String clientId, Deadline deadline) {
        String name = clientName(clientId);
        return redis.get(RedisKey.of(name), deadline).map(value -> {
            return value == null ? null : accepted(codec.decodeClient(name, value.getBytes()));
        });
    }

    /** What counts: written by this installation for that name, admitted by the fences, and confirmed by somebody who follows the log. */
    private <T> @Nullable Confirmed<T> accepted(@Nullable Cached<T> record) {
        if (record == null) {
            refusals.count(Reason.MAC);
            return null;
        }
        Reason fault = rule.fault(record, freshness.fences());
        if (fault != null) {
            refusals.count(fault);
            return null;
        }
        Long confirmed = freshness.sharedRecordConfirmedAt(record.asOf().seq(), System.nanoTime());
        if (confirmed == null) {
            refusals.count(Reason.UNCONFIRMED);
            return null;
        }
        return new Confirmed<>(record, confirmed);
    }
}
