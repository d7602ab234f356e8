package io.portcullis.registry;

import io.portcullis.auth.ApiKey;
import io.portcullis.auth.Attachable;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.auth.Credential;
import io.portcullis.auth.Decision;
import io.portcullis.auth.Fingerprint;
import io.portcullis.auth.Fingerprinter;
import io.portcullis.auth.IpAddress;
import io.portcullis.auth.KeyDigest;
import io.portcullis.auth.Pepper;
import io.portcullis.auth.Peppers;
import io.portcullis.auth.Refusal;
import io.portcullis.auth.SecretHash;
import io.portcullis.auth.Verifier;
import io.portcullis.bus.Deadline;
import io.portcullis.freshness.Fences;
import io.portcullis.freshness.Freshness;
import io.portcullis.registry.NearCache.Absence;
import io.portcullis.registry.NearCache.KeyProof;
import io.portcullis.registry.NearCache.NearClient;
import io.portcullis.registry.NearCache.Proof;
import io.portcullis.registry.NearCache.SecretProof;
import io.portcullis.registry.RecordRefusals.Reason;
import io.vertx.core.Future;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;
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

    /** How often what was found is asked for again because it does not count any more. */
    private static final int RELOADS = 2;

    private final Parts parts;
    private final Lookup ladder;
    private final AcceptanceRule rule;
    private final Freshness freshness;
    private final NearCache near;
    private final CredentialUses uses;
    private final long ttlNanos;
    private final Outage outage = new Outage();
    /** Null where nobody asks for owners. */
    private final @Nullable OwnerRule owners;

    /**
     * What it decides with.
     *
     * @param uses are told of each request that is allowed
     * @param ttl how long a record is held without being read again
     * @param catchUp completes when all that is committed by now is applied in this process
     */
    public record Parts(
            Fingerprinter fingerprinter,
            Peppers peppers,
            SecretCheck secrets,
            Redigest redigest,
            NearCache near,
            CredentialUses uses,
            Freshness freshness,
            Duration ttl,
            Function<Deadline, Future<?>> catchUp,
            RecordRefusals refusals,
            Clock clock) {}

    /** @param owners who is asked whether a client's owner is active; null for nobody */
    public Authenticator(Parts parts, LadderClient ladder, @Nullable OwnerCheck owners) {
        this(parts, ladder, new AcceptanceRule(), owners);
    }

    Authenticator(Parts parts, Lookup ladder, AcceptanceRule rule) {
        this(parts, ladder, rule, null);
    }

    Authenticator(Parts parts, Lookup ladder, AcceptanceRule rule, @Nullable OwnerCheck owners) {
        this.parts = parts;
        this.freshness = parts.freshness();
        this.near = parts.near();
        this.uses = parts.uses();
        this.ttlNanos = parts.ttl().toNanos();
        this.ladder = ladder;
        this.rule = rule;
        this.owners = owners == null ? null : new OwnerRule(owners);
    }

    /**
     * The decision, if this process can make it from records of its own; else null. Neither waits nor locks.
     *
     * @param address where the call comes from; asked for only if the client has address rules
     */
    public @Nullable Decision decideNow(Credential credential, Supplier<@Nullable IpAddress> address) {
        Fingerprint fingerprint = parts.fingerprinter().of(credential);
        Decision decision = fromNear(fingerprint, false, address);
        return owners == null ? decision : countedInTheEnd(owners.now(decision), fingerprint);
    }

    /** The decision by whichever tier knows. Where none can be asked, records of the near cache serve for their grace, marked stale. */
    public Future<Decision> decide(Credential credential, Supplier<@Nullable IpAddress> address, Deadline deadline) {
        Fingerprint fingerprint = parts.fingerprinter().of(credential);
        if (owners == null) {
            return decide(credential, fingerprint, address, deadline);
        }
        // Where only the owner has to be asked for, the ladder need not be climbed.
        Decision held = fromNear(fingerprint, false, address);
        Future<Decision> judged = held != null
                ? owners.later(held, deadline)
                : decide(credential, fingerprint, address, deadline).compose(found -> owners.later(found, deadline));
        return judged.onSuccess(decision -> countedInTheEnd(decision, fingerprint));
    }

    private Future<Decision> decide(
            Credential credential, Fingerprint fingerprint, Supplier<@Nullable IpAddress> address, Deadline deadline) {
        long now = System.nanoTime();
        if (freshness.isFresh(now) && near.isUnknown(fingerprint, freshness.fences())) {
            return Future.succeededFuture(INVALID);
        }
        if (!outage.mayAsk(now)) {
            Decision stale = fromNear(fingerprint, true, address);
            if (stale != null) {
                return Future.succeededFuture(stale);
            }
        }
        return climb(credential, fingerprint, address, new Asking(now, deadline, RELOADS))
                .recover(failure -> {
                    Decision stale = fromNear(fingerprint, true, address);
                    return stale != null ? Future.succeededFuture(stale) : Future.failedFuture(failure);
                });
    }

    /**
     * One request on its way up the ladder.
     *
     * @param sinceNanos when it began to ask
     * @param reloads how often it may ask again
     */
    private record Asking(long sinceNanos, Deadline deadline, int reloads) {

        Asking again() {
            return new Asking(sinceNanos, deadline, reloads - 1);
        }
    }

    /** What was found, the fences it was admitted by, and with that the decision. */
    private interface Judge {
        Future<Decision> of(Found found, Fences fences);
    }

    private Future<Decision> climb(
            Credential credential, Fingerprint fingerprint, Supplier<@Nullable IpAddress> address, Asking asking) {
        if (credential instanceof Credential.Key key) {
            return byKey(key.value(), fingerprint, proven -> true, address, asking);
        }
        if (credential instanceof Credential.Certificate certificate) {
            return byDigestOf(certificate.name(), fingerprint, proven -> true, address, asking);
        }
        Credential.ClientSecret pair = (Credential.ClientSecret) credential;
        String clientId = canonicalUuid(pair.clientId());
        return ApiKey.looksLikeOne(pair.secret())
                ? byKey(pair.secret(), fingerprint, proven -> proven.clientId().equals(clientId), address, asking)
                : bySecret(clientId, pair.secret(), fingerprint, address, asking);
    }

    /** @param accepted whether it may be this key: the one of another client proves nothing for this one */
    private Future<Decision> byKey(
            String key,
            Fingerprint fingerprint,
            Predicate<ClientKey> accepted,
            Supplier<@Nullable IpAddress> address,
            Asking asking) {
        if (!ApiKey.isWellFormed(key)) {
            return Future.succeededFuture(INVALID);
        }
        return byDigestOf(key, fingerprint, accepted, address, asking);
    }

    /** @param text a key, or a certificate's name; whoever presents a key cannot present that */
    private Future<Decision> byDigestOf(
            String text,
            Fingerprint fingerprint,
            Predicate<ClientKey> accepted,
            Supplier<@Nullable IpAddress> address,
            Asking asking) {
        KeySearch search = new KeySearch(parts.peppers(), text);
        return byKey(search, search.first(), text, fingerprint, accepted, address, asking);
    }

    private Future<Decision> byKey(
            KeySearch search,
            KeySearch.Step step,
            String text,
            Fingerprint fingerprint,
            Predicate<ClientKey> accepted,
            Supplier<@Nullable IpAddress> address,
            Asking asking) {
        Decision warmed = fromWarmed(step.digest(), fingerprint, accepted, address);
        if (warmed != null) {
            return Future.succeededFuture(warmed);
        }
        return ask(new Query.ByDigest(step.digest(), step.from()), asking, (found, fences) -> {
            Cached<ClientKey> record = found.key();
            ClientKey proven = found.keyValue();
            long asOf = record == null ? Long.MIN_VALUE : record.asOf().seq();
            if (record == null || proven == null) {
                KeySearch.Step next = search.next(asOf);
                if (next != null) {
                    return byKey(search, next, text, fingerprint, accepted, address, asking);
                }
                return search.isOutpaced()
                        ? Future.failedFuture(RegistryException.outpaced("MOVED"))
                        : Future.succeededFuture(
                                refused(fingerprint, new Absence(search.digests(), null, fences, search.asOf())));
            }
            if (!accepted.test(proven)) {
                return Future.succeededFuture(
                        refused(fingerprint, new Absence(List.of(step.digest()), null, fences, asOf)));
            }
            NearClient client = remember(proven.clientId(), found.client(), fences);
            KeyProof proof = new KeyProof(proven, fences, asOf, expiry());
            near.put(fingerprint, proof);
            Decision decision = counted(
                    Verifier.decide(
                            proven,
                            client == null ? null : client.client(),
                            parts.clock(),
                            address,
                            false,
                            client == null ? Attachable.NOTHING : client),
                    proof);
            if (decision instanceof Decision.Allowed && parts.peppers().former().contains(step.pepper())) {
                Pepper current = parts.peppers().current();
                parts.redigest().key(step.digest(), current.digest(text), current.id());
            }
            return Future.succeededFuture(decision);
        });
    }

    /** The first use of a key that was read before anybody asked. It counts as far as any other record that is held here. */
    private @Nullable Decision fromWarmed(
            KeyDigest digest,
            Fingerprint fingerprint,
            Predicate<ClientKey> accepted,
            Supplier<@Nullable IpAddress> address) {
        KeyProof proof = near.warmed(digest, freshness.fences());
        if (proof == null || !accepted.test(proof.key())) {
            return null;
        }
        near.adopt(fingerprint, proof);
        return fromNear(fingerprint, false, address);
    }

    /** @param clientId null where what was given cannot be an id: it does the same work as for one that does not exist */
    private Future<Decision> bySecret(
            @Nullable String clientId,
            String secret,
            Fingerprint fingerprint,
            Supplier<@Nullable IpAddress> address,
            Asking asking) {
        String asked = clientId == null ? new UUID(0, 0).toString() : clientId;
        Query query = new Query.ByClientId(asked);
        return ask(query, asking, new SecretJudge(query, asked, secret, fingerprint, address, asking, null));
    }

    /** Whether a secret has that hash. */
    private record Checked(@Nullable String hash, boolean matches) {}

    /**
     * Judges a client by its secret. To check that may take its time, in which what was found may have come to count no more: so it is judged
     * anew then, and the check counts if the hash is still the same.
     */
    private final class SecretJudge implements Judge {
        private final Query query;
        private final String clientId;
        private final String secret;
        private final Fingerprint fingerprint;
        private final Supplier<@Nullable IpAddress> address;
        private final Asking asking;
        /** Null before a check. */
        private final @Nullable Checked checked;

        SecretJudge(
                Query query,
                String clientId,
                String secret,
                Fingerprint fingerprint,
                Supplier<@Nullable IpAddress> address,
                Asking asking,
                @Nullable Checked checked) {
            this.query = query;
            this.clientId = clientId;
            this.secret = secret;
            this.fingerprint = fingerprint;
            this.address = address;
            this.asking = asking;
            this.checked = checked;
        }

        @Override
        public Future<Decision> of(Found found, Fences fences) {
            NearClient client = remember(clientId, found.client(), fences);
            String hash = client == null ? null : client.client().secretHash();
            if (checked != null && Objects.equals(checked.hash(), hash)) {
                return Future.succeededFuture(decide(found, client, checked.matches(), fences));
            }
            if (hash != null && near.isProven(fingerprint, clientId, hash)) {
                return Future.succeededFuture(decide(found, client, true, fences));
            }
            return parts.secrets()
                    .isSecretOf(
                            clientId, client == null ? null : client.client(), secret, fingerprint, asking.deadline())
                    .compose(matches -> judged(
                            query,
                            found,
                            asking,
                            new SecretJudge(
                                    query,
                                    clientId,
                                    secret,
                                    fingerprint,
                                    address,
                                    asking,
                                    new Checked(hash, matches))));
        }

        private Decision decide(Found found, @Nullable NearClient client, boolean matches, Fences fences) {
            String hash = client == null ? null : client.client().secretHash();
            if (!matches || client == null || hash == null) {
                long asOf = client != null
                        ? client.asOf()
                        : found.client() == null
                                ? Long.MIN_VALUE
                                : found.client().asOf().seq();
                return refused(fingerprint, new Absence(List.of(), clientId, fences, asOf));
            }
            SecretProof proof = new SecretProof(clientId, hash);
            near.put(fingerprint, proof);
            Decision decision = counted(Verifier.decide(client.client(), address, false, client), proof);
            if (decision instanceof Decision.Allowed && SecretHash.isUnderFormer(hash, parts.peppers())) {
                parts.redigest()
                        .secret(
                                clientId,
                                hash,
                                SecretHash.of(secret, parts.peppers().current()));
            }
            return decision;
        }
    }

    /** What was refused once by a tier that knows is not decided by what stood here before, however long nobody can be asked. */
    private Decision refused(Fingerprint fingerprint, Absence absence) {
        near.forget(fingerprint);
        near.putUnknown(fingerprint, absence);
        return INVALID;
    }

    /**
     * Asks, and judges what was found, if it still counts when it is here: it may have been read for somebody else, who asked before a change
     * that this process has applied meanwhile. Else asks again, past Redis.
     */
    private Future<Decision> ask(Query query, Asking asking, Judge judge) {
        return ladder.find(query, asking.deadline())
                .onSuccess(found -> outage.answered(System.nanoTime()))
                .onFailure(failure -> outage.failed(failure, System.nanoTime()))
                .compose(found -> judged(query, found, asking, judge));
    }

    private Future<Decision> judged(Query query, Found found, Asking asking, Judge judge) {
        Fences fences = freshness.fences();
        Reason fault = fault(query, found, fences, asking);
        if (fault == null) {
            return judge.of(found, fences);
        }
        parts.refusals().count(fault);
        if (asking.reloads() == 0 || asking.deadline().expired()) {
            return Future.failedFuture(RegistryException.outpaced(fault.name()));
        }
        // Whether the process could catch up shows in what is found next.
        Future<?> before = fault == Reason.EPOCH
                ? parts.catchUp().apply(asking.deadline()).otherwiseEmpty()
                : Future.succeededFuture();
        return before.compose(then -> ask(query.from(Query.From.POSTGRES), asking.again(), judge));
    }

    private @Nullable Reason fault(Query query, Found found, Fences fences, Asking asking) {
        return freshness.isConfirmedLately(found.confirmedNanos(), asking.sinceNanos(), System.nanoTime())
                ? rule.fault(query, found, fences)
                : Reason.UNCONFIRMED;
    }

    /**
     * Decides from what the process holds; null where that is not enough.
     *
     * @param inGrace whether a record that nobody can confirm may serve for the client's grace, marked stale
     */
    private @Nullable Decision fromNear(
            Fingerprint fingerprint, boolean inGrace, Supplier<@Nullable IpAddress> address) {
        long now = System.nanoTime();
        boolean fresh = freshness.isFresh(now);
        if (!fresh && !inGrace) {
            return null;
        }
        Fences fences = freshness.fences();
        Proof proof = near.proof(fingerprint, fences);
        if (proof == null) {
            return null;
        }
        KeyProof keyProof = proof instanceof KeyProof held ? held : null;
        NearClient client =
                near.client(keyProof != null ? keyProof.key().clientId() : ((SecretProof) proof).clientId(), fences);
        if (client == null) {
            return null;
        }
        if (!inGrace) {
            if (now - client.expiresNanos() >= 0 || (keyProof != null && now - keyProof.expiresNanos() >= 0)) {
                return null;
            }
        } else if (!fresh && !freshness.isInGrace(client.client().graceSeconds(), now)) {
            return null;
        }
        if (keyProof != null) {
            return counted(
                    Verifier.decide(keyProof.key(), client.client(), parts.clock(), address, !fresh, client), keyProof);
        }
        return ((SecretProof) proof).secretHash().equals(client.client().secretHash())
                ? counted(Verifier.decide(client.client(), address, !fresh, client), proof)
                : null;
    }

    /** Not where an owner has a say: then it is not decided yet. */
    private Decision counted(Decision decision, Proof proof) {
        if (owners == null && decision instanceof Decision.Allowed) {
            uses.count(proof.use());
        }
        return decision;
    }

    /** By what was remembered of the credential: where it has been thrown out since, that is a use that is not counted. */
    private @Nullable Decision countedInTheEnd(@Nullable Decision decision, Fingerprint fingerprint) {
        if (decision instanceof Decision.Allowed) {
            Proof proof = near.proof(fingerprint, freshness.fences());
            if (proof != null) {
                uses.count(proof.use());
            }
        }
        return decision;
    }

    private @Nullable NearClient remember(String clientId, @Nullable Cached<Client> record, Fences fences) {
        if (record == null || record.value() == null) {
            near.forgetClient(clientId);
            return null;
        }
        freshness.holds(record.value().graceSeconds());
        return near.put(new NearClient(record.value(), fences, record.asOf().seq(), expiry()));
    }

    private long expiry() {
        return System.nanoTime() + ttlNanos;
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
