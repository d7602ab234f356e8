package io.portcullis.registry;

import io.portcullis.auth.ApiKey;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.auth.Credential;
import io.portcullis.auth.Decision;
import io.portcullis.auth.Fingerprint;
import io.portcullis.auth.Fingerprinter;
import io.portcullis.auth.IpAddress;
import io.portcullis.auth.Pepper;
import io.portcullis.auth.Refusal;
import io.portcullis.auth.SecretHash;
import io.portcullis.auth.Verifier;
import io.portcullis.bus.Deadline;
import io.portcullis.freshness.FreshnessWindow;
import io.portcullis.registry.NearCache.KeyProof;
import io.portcullis.registry.NearCache.NearClient;
import io.portcullis.registry.NearCache.Proof;
import io.portcullis.registry.NearCache.SecretProof;
import io.vertx.core.Future;
import java.time.Clock;
import java.util.Locale;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * From a credential to a decision. A warm credential is decided at once, from the near cache ({@link #decideNow}); any other climbs the
 * ladder ({@link #decide}). A future that fails means that nobody knows: the caller answers 503, never 401.
 *
 * <p>Thread-safe.
 */
public final class Authenticator {

    private static final Decision INVALID = new Decision.Denied(Refusal.INVALID_CREDENTIALS);

    private final Fingerprinter fingerprinter;
    private final Pepper pepper;
    private final NearCache near;
    private final Lookup ladder;
    private final FreshnessWindow window;
    private final Clock clock;
    private final Outage outage = new Outage();

    public Authenticator(
            Fingerprinter fingerprinter,
            Pepper pepper,
            NearCache near,
            LadderClient ladder,
            FreshnessWindow window,
            Clock clock) {
        this(fingerprinter, pepper, near, (Lookup) ladder, window, clock);
    }

    Authenticator(
            Fingerprinter fingerprinter,
            Pepper pepper,
            NearCache near,
            Lookup ladder,
            FreshnessWindow window,
            Clock clock) {
        this.fingerprinter = fingerprinter;
        this.pepper = pepper;
        this.near = near;
        this.ladder = ladder;
        this.window = window;
        this.clock = clock;
    }

    /**
     * The decision, if this process can make it from fresh records of its own; else null. Neither waits nor locks.
     *
     * @param address where the call comes from; asked for only if the client has address rules
     */
    public @Nullable Decision decideNow(Credential credential, Supplier<@Nullable IpAddress> address) {
        return fromNear(fingerprinter.of(credential), false, address);
    }

    /** The decision by whichever tier knows. Where none can be asked, records of the near cache serve for their grace, marked stale. */
    public Future<Decision> decide(Credential credential, Supplier<@Nullable IpAddress> address, Deadline deadline) {
        Fingerprint fingerprint = fingerprinter.of(credential);
        if (near.isUnknown(fingerprint)) {
            return Future.succeededFuture(INVALID);
        }
        if (!outage.mayAsk(System.nanoTime())) {
            Decision stale = fromNear(fingerprint, true, address);
            if (stale != null) {
                return Future.succeededFuture(stale);
            }
        }
        return climb(credential, fingerprint, address, deadline).recover(failure -> {
            Decision stale = fromNear(fingerprint, true, address);
            return stale != null ? Future.succeededFuture(stale) : Future.failedFuture(failure);
        });
    }

    private Future<Decision> climb(
            Credential credential, Fingerprint fingerprint, Supplier<@Nullable IpAddress> address, Deadline deadline) {
        if (credential instanceof Credential.Key key) {
            return byKey(key.value(), fingerprint, proven -> true, address, deadline);
        }
        Credential.ClientSecret pair = (Credential.ClientSecret) credential;
        String clientId = canonicalUuid(pair.clientId());
        return ApiKey.looksLikeOne(pair.secret())
                ? byKey(pair.secret(), fingerprint, proven -> proven.clientId().equals(clientId), address, deadline)
                : bySecret(clientId, pair.secret(), fingerprint, address, deadline);
    }

    /** @param accepted whether it may be this key: the one of another client proves nothing for this one */
    private Future<Decision> byKey(
            String key,
            Fingerprint fingerprint,
            Predicate<ClientKey> accepted,
            Supplier<@Nullable IpAddress> address,
            Deadline deadline) {
        if (!ApiKey.isWellFormed(key)) {
            return Future.succeededFuture(INVALID);
        }
        return ask(new Query.ByDigest(pepper.digest(key)), deadline).map(found -> {
            Cached<ClientKey> record = found.key();
            ClientKey proven = found.keyValue();
            if (record == null || proven == null || !accepted.test(proven)) {
                return refused(fingerprint);
            }
            NearClient client = remember(proven.clientId(), found.client());
            near.put(fingerprint, new KeyProof(proven, record.asOf().epoch(), freshUntil(record)));
            return Verifier.decide(proven, client == null ? null : client.client(), clock, address, false);
        });
    }

    /** What was refused once by a tier that knows is not decided by what stood here before, however long nobody can be asked. */
    private Decision refused(Fingerprint fingerprint) {
        near.forget(fingerprint);
        near.putUnknown(fingerprint);
        return INVALID;
    }

    private Future<Found> ask(Query query, Deadline deadline) {
        return ladder.find(query, deadline)
                .onSuccess(found -> outage.answered())
                .onFailure(failure -> outage.failed(failure, System.nanoTime()));
    }

    /** @param clientId null where what was given cannot be an id: it does the same work as for one that does not exist */
    private Future<Decision> bySecret(
            @Nullable String clientId,
            String secret,
            Fingerprint fingerprint,
            Supplier<@Nullable IpAddress> address,
            Deadline deadline) {
        String asked = clientId == null ? new UUID(0, 0).toString() : clientId;
        return ask(new Query.ByClientId(asked), deadline).map(found -> {
            NearClient client = remember(asked, found.client());
            String hash = client == null ? null : client.client().secretHash();
            if (!SecretHash.matches(secret, hash, pepper) || client == null || hash == null) {
                return refused(fingerprint);
            }
            near.put(fingerprint, new SecretProof(asked, hash));
            return Verifier.decide(client.client(), address, false);
        });
    }

    /**
     * Decides from what the process holds; null where that is not enough.
     *
     * @param inGrace whether a record past its lease may serve for the client's grace, marked stale
     */
    private @Nullable Decision fromNear(
            Fingerprint fingerprint, boolean inGrace, Supplier<@Nullable IpAddress> address) {
        Proof proof = near.proof(fingerprint);
        if (proof == null) {
            return null;
        }
        KeyProof keyProof = proof instanceof KeyProof held ? held : null;
        NearClient client =
                near.client(keyProof != null ? keyProof.key().clientId() : ((SecretProof) proof).clientId());
        if (client == null) {
            return null;
        }
        long now = System.nanoTime();
        long late = now - client.freshUntilNanos();
        if (keyProof != null) {
            late = Math.max(late, now - keyProof.freshUntilNanos());
        }
        if (late >= 0 && (!inGrace || late >= window.graceNanos(client.client().graceSeconds()))) {
            return null;
        }
        if (keyProof != null) {
            return Verifier.decide(keyProof.key(), client.client(), clock, address, late >= 0);
        }
        return ((SecretProof) proof).secretHash().equals(client.client().secretHash())
                ? Verifier.decide(client.client(), address, late >= 0)
                : null;
    }

    private @Nullable NearClient remember(String clientId, @Nullable Cached<Client> record) {
        if (record == null || record.value() == null) {
            near.forgetClient(clientId);
            return null;
        }
        return near.put(new NearClient(record.value(), record.asOf().epoch(), freshUntil(record)));
    }

    private long freshUntil(Cached<?> record) {
        return window.freshUntilNanos(record.loadedAtMillis(), clock.millis(), System.nanoTime());
    }

    private static @Nullable String canonicalUuid(String text) {
        if (text.length() != 36) {
            return null;
        }
        try {
            String canonical = UUID.fromString(text).toString();
            return canonical.equals(text.toLowerCase(Locale.ROOT)) ? canonical : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
