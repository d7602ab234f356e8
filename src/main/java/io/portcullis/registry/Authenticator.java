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
        return fromNear(fingerprinter.of(credential), System.nanoTime(), 0, false, address);
    }

    /** The decision by whichever tier knows. Where none can be asked, records of the near cache serve for their grace, marked stale. */
    public Future<Decision> decide(Credential credential, Supplier<@Nullable IpAddress> address, Deadline deadline) {
        Fingerprint fingerprint = fingerprinter.of(credential);
        if (near.isUnknown(fingerprint)) {
            return Future.succeededFuture(INVALID);
        }
        Future<Decision> decision;
        if (credential instanceof Credential.Key key) {
            decision = byKey(key.value(), null, fingerprint, address, deadline);
        } else {
            Credential.ClientSecret pair = (Credential.ClientSecret) credential;
            String clientId = canonicalUuid(pair.clientId());
            if (ApiKey.looksLikeOne(pair.secret())) {
                decision = byKey(pair.secret(), pair.clientId(), fingerprint, address, deadline);
            } else {
                decision = bySecret(clientId, pair.secret(), fingerprint, address, deadline);
            }
        }
        return decision.recover(failure -> {
            Decision stale = fromNear(fingerprint, System.nanoTime(), 1, true, address);
            return stale != null ? Future.succeededFuture(stale) : Future.failedFuture(failure);
        });
    }

    /** @param onlyClient the client the key must belong to, null for any */
    private Future<Decision> byKey(
            String key,
            @Nullable String onlyClient,
            Fingerprint fingerprint,
            Supplier<@Nullable IpAddress> address,
            Deadline deadline) {
        if (!ApiKey.isWellFormed(key)) {
            return Future.succeededFuture(INVALID);
        }
        return ladder.find(new Query.ByDigest(pepper.digest(key)), deadline).map(found -> {
            ClientKey proven = found.keyValue();
            if (proven == null || (onlyClient != null && !proven.clientId().equals(canonicalUuid(onlyClient)))) {
                near.putUnknown(fingerprint);
                return INVALID;
            }
            Cached<ClientKey> record = found.key();
            NearClient client = remember(found.client());
            if (record != null) {
                near.put(fingerprint, new KeyProof(proven, freshUntil(record)));
            }
            return Verifier.decide(proven, client == null ? null : client.client(), clock.millis(), address, false);
        });
    }

    /** @param clientId null where what was given cannot be an id: it does the same work as for one that does not exist */
    private Future<Decision> bySecret(
            @Nullable String clientId,
            String secret,
            Fingerprint fingerprint,
            Supplier<@Nullable IpAddress> address,
            Deadline deadline) {
        String asked = clientId == null ? new UUID(0, 0).toString() : clientId;
        return ladder.find(new Query.ByClientId(asked), deadline).map(found -> {
            NearClient client = remember(found.client());
            String hash = client == null ? null : client.client().secretHash();
            if (!SecretHash.matches(secret, hash, pepper) || client == null || hash == null) {
                near.forget(fingerprint);
                near.putUnknown(fingerprint);
                return INVALID;
            }
            near.put(fingerprint, new SecretProof(client.client().clientId(), hash));
            return Verifier.decide(client.client(), address, false);
        });
    }

    /**
     * Decides from what the process holds.
     *
     * @param graces 0 to use records within their lease only, 1 to use them for the client's grace longer
     */
    private @Nullable Decision fromNear(
            Fingerprint fingerprint, long nowNanos, int graces, boolean stale, Supplier<@Nullable IpAddress> address) {
        Proof proof = near.proof(fingerprint);
        if (proof == null) {
            return null;
        }
        ClientKey key = proof instanceof KeyProof keyProof ? keyProof.key() : null;
        NearClient client = near.client(key != null ? key.clientId() : ((SecretProof) proof).clientId());
        if (client == null) {
            return null;
        }
        long grace = graces == 0 ? 0 : window.graceNanos(client.client().graceSeconds());
        if (client.freshUntilNanos() + grace - nowNanos <= 0) {
            return null;
        }
        if (proof instanceof KeyProof keyProof) {
            return keyProof.freshUntilNanos() + grace - nowNanos <= 0
                    ? null
                    : Verifier.decide(keyProof.key(), client.client(), clock.millis(), address, stale);
        }
        return ((SecretProof) proof).secretHash().equals(client.client().secretHash())
                ? Verifier.decide(client.client(), address, stale)
                : null;
    }

    private @Nullable NearClient remember(@Nullable Cached<Client> record) {
        if (record == null || record.value() == null) {
            return null;
        }
        NearClient client = new NearClient(record.value(), freshUntil(record));
        near.put(client);
        return client;
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
