package io.portcullis.registry;

import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.auth.KeyDigest;
import io.portcullis.bus.Deadline;
import io.portcullis.cache.Pipeline;
import io.portcullis.cache.RedisCache;
import io.portcullis.cache.RedisKey;
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
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The shared cache in front of the store: {@code client:{client_id}} and {@code client:key:{digest}}. Read-through: what Redis does not
 * have, or what does not count, the next tier is asked for, and Redis is filled behind the answer's back. A Redis that fails is a miss.
 *
 * <p>Belongs to one event loop.
 */
final class RedisTier implements Lookup {

    /** Redis gets one part in so many of a request's time. */
    private static final int SHARE = 4;

    /** Changes whose entries are deleted from Redis in one command. */
    private static final int CLEARED_AT_ONCE = 200;

    /** A fill that takes longer than this is of no use to anybody. */
    private static final Duration FILL_LIMIT = Duration.ofSeconds(1);

    private final RedisCache redis;
    private final RecordCodec codec;
    private final Lookup next;
    private final Freshness freshness;
    private final Duration ttl;
    private final AcceptanceRule rule = new AcceptanceRule();
    private final TierMeters meters;
    private final RecordRefusals refusals;

    RedisTier(
            RedisCache redis,
            RecordCodec codec,
            Lookup next,
            Freshness freshness,
            Duration ttl,
            TierMeters meters,
            RecordRefusals refusals) {
        this.redis = redis;
        this.codec = codec;
        this.next = next;
        this.freshness = freshness;
        this.ttl = ttl;
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
    public Future<Found> find(Query query, Deadline deadline) {
        if (query.from() == Query.From.POSTGRES) {
            return next.find(query, deadline).onSuccess(this::fill);
        }
        long started = System.nanoTime();
        // A Redis that hangs must leave the store its time: a cache that is slow is no cache.
        Deadline share = deadline.atMost(Duration.ofMillis(deadline.remainingMillis() / SHARE));
        Future<@Nullable Found> cached;
        if (query instanceof Query.ByDigest byDigest) {
            cached = findKey(byDigest, share);
        } else {
            cached = findClient(((Query.ByClientId) query).clientId(), share)
                    .map(client -> client == null ? null : new Found(null, client.record(), client.confirmedNanos()));
        }
        return cached.transform(result -> {
            meters.took(started);
            if (result.failed()) {
                meters.error();
            } else if (result.result() != null) {
                meters.hit();
                return Future.succeededFuture(result.result());
            } else {
                meters.miss();
            }
            return next.find(query, deadline).onSuccess(this::fill);
        });
    }

    /**
     * Deletes what Redis holds of these records. It makes room and saves who asks next a refusal, no more: what it misses, and what is
     * filled in again behind it, is refused by its reader. So a bulk is left to that.
     *
     * @param isMine whether a question is one that comes here
     */
    void clear(Changes changes, Predicate<Query> isMine) {
        if (changes.several().size() > CLEARED_AT_ONCE) {
            return;
        }
        List<RedisKey> names = new ArrayList<>();
        for (Change change : changes.several()) {
            if (change.kind() == Change.Kind.CLIENT) {
                if (isMine.test(new Query.ByClientId(change.id()))) {
                    names.add(RedisKey.of(clientName(change.id())));
                }
            } else {
                Stream.of(change.oldDigest(), change.newDigest())
                        .filter(Objects::nonNull)
                        .distinct()
                        .filter(digest -> isMine.test(new Query.ByDigest(digest)))
                        .forEach(digest -> names.add(RedisKey.of(keyName(digest))));
            }
        }
        redis.delete(names, Deadline.in(FILL_LIMIT)).onFailure(failure -> meters.fillFailed());
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

    /** Not waited for: who asked has the answer. "There is none" is not shared; each node remembers it for itself, and shortly. */
    private void fill(Found found) {
        Pipeline pipeline = redis.pipeline(Deadline.in(FILL_LIMIT));
        Cached<ClientKey> key = found.key();
        if (key != null && key.value() != null) {
            String name = keyName(key.value().digest());
            set(pipeline, name, codec.encodeKey(name, key.value(), key.asOf()));
        }
        Cached<Client> client = found.client();
        if (client != null && client.value() != null) {
            String name = clientName(client.value().clientId());
            set(pipeline, name, codec.encodeClient(name, client.value(), client.asOf()));
        }
        pipeline.send();
    }

    /** Up to a tenth shorter, so that what was filled together does not expire together. */
    private void set(Pipeline pipeline, String name, byte[] value) {
        long most = ttl.toMillis();
        long millis = most - ThreadLocalRandom.current().nextLong(most / 10 + 1);
        pipeline.set(RedisKey.of(name), Buffer.buffer(value), Math.max(1, millis))
                .onFailure(failure -> meters.fillFailed());
    }
}
