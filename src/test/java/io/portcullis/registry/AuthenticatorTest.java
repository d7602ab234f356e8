package io.portcullis.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.auth.ApiKey;
import io.portcullis.auth.Attachable;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientStatus;
import io.portcullis.auth.Credential;
import io.portcullis.auth.Decision;
import io.portcullis.auth.Fingerprinter;
import io.portcullis.auth.IpAddress;
import io.portcullis.auth.Pepper;
import io.portcullis.auth.Peppers;
import io.portcullis.auth.Refusal;
import io.portcullis.auth.SecretHash;
import io.portcullis.bus.Deadline;
import io.portcullis.freshness.Change;
import io.portcullis.freshness.FollowedLog;
import io.vertx.core.Future;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AuthenticatorTest {

    private static final Duration LONG = Duration.ofHours(1);
    private static final Duration NONE = Duration.ZERO;
    private static final String BCRYPT = "$2b$10$" + "a".repeat(53);

    private final SecureRandom random = new SecureRandom();
    private final Pepper pepper = new Pepper("a pepper for the authenticator's test");
    private final Peppers peppers = Peppers.only(pepper);
    private final Redigest redigest = new Redigest(new NoMoves(), System::nanoTime, new SimpleMeterRegistry());
    private final InMemoryClientRegistry registry = new InMemoryClientRegistry();
    private final CredentialUses uses = new CredentialUses(100);
    private final String key = ApiKey.generate("test", random);
    private final String clientId = ClientRegistryContract.id();
    private final List<Runnable> waiting = new ArrayList<>();
    private final List<String> hashed = new ArrayList<>();
    private final SlowHashes slow = new SlowHashes(
            new SlowHashes.Limits(1, 10, 1024 * 1024),
            waiting::add,
            (hash, secret) -> {
                hashed.add(hash + " " + secret);
                return secret.equals("s3cret");
            },
            new SimpleMeterRegistry());
    /** Null where the owner has to be asked for; then he is not active. */
    private OwnerCheck.@Nullable Standing standing;

    private OwnerCheck.Standing toldWhenAsked = OwnerCheck.Standing.NOT_ACTIVE;

    private final OwnerCheck owners = new OwnerCheck() {
        @Override
        public @Nullable Standing known(Client client) {
            return standing;
        }

        @Override
        public Future<Standing> find(Client client, Deadline deadline) {
            return Future.succeededFuture(toldWhenAsked);
        }
    };
    private int asked;
    private boolean down;
    private Throwable failure = new RegistryException.Unavailable("down", new Exception());

    @Test
    void aKeyIsLookedUpOnceAndThenDecidedHere() {
        Authenticator authenticator = fresh();
        register(draft("sha256:00", null));

        assertThat(authenticator.decideNow(new Credential.Key(key), AuthenticatorTest::nowhere))
                .isNull();
        assertThat(decide(authenticator, new Credential.Key(key))).isInstanceOf(Decision.Allowed.class);
        assertThat(authenticator.decideNow(new Credential.Key(key), AuthenticatorTest::nowhere))
                .isInstanceOf(Decision.Allowed.class);
        assertThat(asked).isEqualTo(1);
    }

    /** By the key and by the client's own secret: it goes with the record, and comes with each decision by it. */
    @Test
    void whatIsAttachedToARecordIsFoundUntilThereIsAnotherOne() {
        Authenticator authenticator = fresh();
        register(draft(SecretHash.of("s3cret", pepper), null));
        Credential secret = new Credential.ClientSecret(clientId, "s3cret");

        record(decide(authenticator, new Credential.Key(key))).attach("attached");
        assertThat(record(Objects.requireNonNull(
                                authenticator.decideNow(new Credential.Key(key), AuthenticatorTest::nowhere)))
                        .attachment())
                .isEqualTo("attached");
        // That asks for the client anew.
        assertThat(record(decide(authenticator, secret)).attachment()).isNull();

        record(decide(authenticator, secret)).attach("again");
        assertThat(record(Objects.requireNonNull(authenticator.decideNow(secret, AuthenticatorTest::nowhere)))
                        .attachment())
                .isEqualTo("again");
    }

    private static Attachable record(Decision decision) {
        return ((Decision.Allowed) decision).record();
    }

    @Test
    void whatIsAllowedIsCountedWhicheverTierDecides() {
        Authenticator authenticator = fresh();
        register(draft("sha256:00", null));

        decide(authenticator, new Credential.Key(key));
        assertThat(usesTaken()).isEqualTo(1);

        authenticator.decideNow(new Credential.Key(key), AuthenticatorTest::nowhere);
        authenticator.decideNow(new Credential.Key(key), AuthenticatorTest::nowhere);
        assertThat(usesTaken()).isEqualTo(2);
    }

    @Test
    void aClientsOwnSecretIsCountedAsNoKey() {
        Authenticator authenticator = fresh();
        register(draft(SecretHash.of("s3cret", pepper), null));
        Credential secret = new Credential.ClientSecret(clientId, "s3cret");

        decide(authenticator, secret);
        authenticator.decideNow(secret, AuthenticatorTest::nowhere);

        List<String> taken = new ArrayList<>();
        uses.take((client, key, times) -> taken.add(client + " " + key + " " + times));
        assertThat(taken).containsExactly(clientId + " null 2");
    }

    @Test
    void whatIsRefusedIsNoUse() {
        Authenticator authenticator = fresh();
        register(draft("sha256:00", null));
        suspend();

        assertThat(decide(authenticator, new Credential.Key(key)))
                .isEqualTo(new Decision.Denied(Refusal.CLIENT_NOT_ACTIVE));
        assertThat(authenticator.decideNow(new Credential.Key(key), AuthenticatorTest::nowhere))
                .isInstanceOf(Decision.Denied.class);

        assertThat(usesTaken()).isZero();
    }

    private int usesTaken() {
        int[] sum = {0};
        uses.take((client, key, times) -> sum[0] += times);
        return sum[0];
    }

    @Test
    void aMistypedKeyIsRefusedWithoutALookUp() {
        Authenticator authenticator = fresh();
        String mistyped = key.substring(0, key.length() - 1) + (key.endsWith("a") ? "b" : "a");

        assertThat(decide(authenticator, new Credential.Key(mistyped))).isEqualTo(invalid());
        assertThat(asked).isZero();
    }

    @Test
    void anUnknownKeyIsRememberedAsUnknown() {
        Authenticator authenticator = fresh();

        assertThat(decide(authenticator, new Credential.Key(key))).isEqualTo(invalid());
        assertThat(decide(authenticator, new Credential.Key(key))).isEqualTo(invalid());
        assertThat(asked).isEqualTo(1);
    }

    @Test
    void aRecordPastItsLeaseIsAskedForAgain() {
        Authenticator authenticator = inGrace(Duration.ofSeconds(1));
        register(draft("sha256:00", null));

        decide(authenticator, new Credential.Key(key));
        assertThat(authenticator.decideNow(new Credential.Key(key), AuthenticatorTest::nowhere))
                .isNull();
        suspend();

        assertThat(decide(authenticator, new Credential.Key(key)))
                .isEqualTo(new Decision.Denied(Refusal.CLIENT_NOT_ACTIVE));
    }

    @Test
    void whileNobodyCanBeAskedARecordServesForItsGraceAndSaysSo() {
        Authenticator authenticator = inGrace(Duration.ofSeconds(1));
        register(draft("sha256:00", null));
        decide(authenticator, new Credential.Key(key));
        down = true;

        assertThat(decide(authenticator, new Credential.Key(key)))
                .isInstanceOfSatisfying(
                        Decision.Allowed.class,
                        allowed -> assertThat(allowed.stale()).isTrue());
    }

    @Test
    void aStrictClientIsNotServedPastTheLease() {
        Authenticator authenticator = inGrace(Duration.ofSeconds(1));
        register(draft("sha256:00", 0));
        decide(authenticator, new Credential.Key(key));
        down = true;

        assertThat(authenticator
                        .decide(new Credential.Key(key), AuthenticatorTest::nowhere, ClientRegistryContract.soon())
                        .failed())
                .isTrue();
    }

    @Test
    void whatWasRefusedOnceIsNotServedFromTheGrace() {
        // Without the memory of unknown keys, which would hide it for a second.
        Authenticator authenticator = inGrace(NONE);
        register(draft("sha256:00", null));
        decide(authenticator, new Credential.Key(key));
        registry.remove(pepper.digest(key));
        assertThat(decide(authenticator, new Credential.Key(key))).isEqualTo(invalid());
        down = true;

        assertThat(settle(authenticator)).isNull();
    }

    @Test
    void aClientThatIsGoneIsNotServedFromTheGraceEither() {
        Authenticator authenticator = inGrace(Duration.ofSeconds(1));
        register(draft(SecretHash.of("s3cret", pepper), null));
        Credential secret = new Credential.ClientSecret(clientId, "s3cret");
        decide(authenticator, secret);
        decide(authenticator, new Credential.Key(key));
        registry.removeClient(clientId);
        assertThat(decide(authenticator, secret)).isEqualTo(invalid());
        down = true;

        assertThat(authenticator
                        .decide(new Credential.Key(key), AuthenticatorTest::nowhere, ClientRegistryContract.soon())
                        .failed())
                .isTrue();
    }

    @Test
    void inAnOutageOneRequestASecondWaitsAndTheOthersAreServedAtOnce() {
        Authenticator authenticator = inGrace(Duration.ofSeconds(1));
        register(draft("sha256:00", null));
        decide(authenticator, new Credential.Key(key));
        down = true;
        decide(authenticator, new Credential.Key(key));
        int before = asked;

        for (int i = 0; i < 100; i++) {
            assertThat(decide(authenticator, new Credential.Key(key))).isInstanceOf(Decision.Allowed.class);
        }

        assertThat(asked - before).isLessThanOrEqualTo(2);
    }

    @Test
    void anOverloadIsNoOutage() {
        Authenticator authenticator = inGrace(Duration.ofSeconds(1));
        register(draft("sha256:00", null));
        decide(authenticator, new Credential.Key(key));
        failure = RegistryException.overloaded();
        down = true;
        int before = asked;

        for (int i = 0; i < 10; i++) {
            // Nobody can confirm it now: the grace is for that, too.
            assertThat(decide(authenticator, new Credential.Key(key)))
                    .isInstanceOfSatisfying(
                            Decision.Allowed.class,
                            allowed -> assertThat(allowed.stale()).isTrue());
        }

        assertThat(asked - before).isEqualTo(10);
        String another = ApiKey.generate("test", random);
        assertThat(authenticator
                        .decide(new Credential.Key(another), AuthenticatorTest::nowhere, ClientRegistryContract.soon())
                        .cause())
                .isInstanceOf(RegistryException.Overloaded.class);
    }

    @Test
    void pastItsGraceNobodyKnows() {
        Authenticator authenticator = authenticator(FollowedLog.confirmedAgo(LONG, LONG, NONE), Duration.ofSeconds(1));
        register(draft("sha256:00", null));
        decide(authenticator, new Credential.Key(key));
        down = true;

        assertThat(authenticator
                        .decide(new Credential.Key(key), AuthenticatorTest::nowhere, ClientRegistryContract.soon())
                        .failed())
                .isTrue();
    }

    @Test
    void aDatabaseThatIsAwayIsAFailureAndNotARefusal() {
        Authenticator authenticator = fresh();
        down = true;

        assertThat(authenticator
                        .decide(new Credential.Key(key), AuthenticatorTest::nowhere, ClientRegistryContract.soon())
                        .failed())
                .isTrue();
    }

    @Test
    void whoCannotCatchUpWithANewEpochDoesNotKnow() {
        FollowedLog log = FollowedLog.fresh(LONG, NONE);
        Authenticator authenticator = authenticator(log, Duration.ofSeconds(1));
        register(draft("sha256:00", null));
        log.startOver("of which the database knows nothing", 0);

        assertThat(authenticator
                        .decide(new Credential.Key(key), AuthenticatorTest::nowhere, ClientRegistryContract.soon())
                        .cause())
                .isInstanceOf(RegistryException.Unavailable.class);
        assertThat(asked).isEqualTo(3);
    }

    @Test
    void aClientsOwnSecretProvesItAndIsThenKnownHere() {
        Authenticator authenticator = fresh();
        register(draft(SecretHash.of("s3cret", pepper), null));
        Credential right = new Credential.ClientSecret(clientId, "s3cret");

        assertThat(decide(authenticator, right)).isInstanceOf(Decision.Allowed.class);
        assertThat(authenticator.decideNow(right, AuthenticatorTest::nowhere)).isInstanceOf(Decision.Allowed.class);
        assertThat(decide(authenticator, new Credential.ClientSecret(clientId, "wrong")))
                .isEqualTo(invalid());
    }

    @Test
    void aProofEndsWithTheHashItWasMadeBy() {
        Authenticator authenticator = fresh();
        register(draft(SecretHash.of("s3cret", pepper), null));
        Credential old = new Credential.ClientSecret(clientId, "s3cret");
        decide(authenticator, old);

        register(draft(SecretHash.of("another", pepper), null));
        decide(authenticator, new Credential.ClientSecret(clientId, "another"));

        assertThat(authenticator.decideNow(old, AuthenticatorTest::nowhere)).isNull();
        assertThat(decide(authenticator, old)).isEqualTo(invalid());
    }

    @Test
    void aSlowHashIsCheckedOnceAndElsewhere() {
        Authenticator authenticator = fresh();
        register(draft(BCRYPT, null));
        Credential right = new Credential.ClientSecret(clientId, "s3cret");

        Future<Decision> decision = ask(authenticator, right);
        assertThat(decision.isComplete()).isFalse();
        work();

        assertThat(decision.result()).isInstanceOf(Decision.Allowed.class);
        assertThat(authenticator.decideNow(right, AuthenticatorTest::nowhere)).isInstanceOf(Decision.Allowed.class);
        assertThat(hashed).containsExactly("bcrypt of cost 10 s3cret");
    }

    @Test
    void aRecordThatIsReadAnewNeedsNoSecondCheck() {
        Authenticator authenticator = inGrace(NONE);
        register(draft(BCRYPT, null));
        Credential right = new Credential.ClientSecret(clientId, "s3cret");
        ask(authenticator, right);
        work();

        assertThat(authenticator.decideNow(right, AuthenticatorTest::nowhere)).isNull();
        assertThat(decide(authenticator, right)).isInstanceOf(Decision.Allowed.class);
        assertThat(hashed).hasSize(1);
    }

    @Test
    void aWrongSecretIsRememberedAsWrong() {
        Authenticator authenticator = fresh();
        register(draft(BCRYPT, null));
        Credential wrong = new Credential.ClientSecret(clientId, "guess");

        Future<Decision> decision = ask(authenticator, wrong);
        work();

        assertThat(decision.result()).isEqualTo(invalid());
        assertThat(decide(authenticator, wrong)).isEqualTo(invalid());
        assertThat(hashed).hasSize(1);
    }

    @Test
    void aClientThatWasSuspendedWhileItsSecretWasCheckedIsNotServed() {
        FollowedLog log = FollowedLog.fresh(LONG, NONE);
        Authenticator authenticator = authenticator(log, Duration.ofSeconds(1));
        register(draft(BCRYPT, null));
        Future<Decision> decision = ask(authenticator, new Credential.ClientSecret(clientId, "s3cret"));

        suspend();
        Client now = client();
        log.apply(new Change(Change.Kind.CLIENT, clientId, now.version(), "U", null, null), 10);
        work();

        assertThat(decision.result()).isEqualTo(new Decision.Denied(Refusal.CLIENT_NOT_ACTIVE));
        assertThat(hashed).hasSize(1);
    }

    @Test
    void aSecretThatWasChangedWhileTheFormerOneWasCheckedIsCheckedAnew() {
        FollowedLog log = FollowedLog.fresh(LONG, NONE);
        Authenticator authenticator = authenticator(log, Duration.ofSeconds(1));
        register(draft(BCRYPT, null));
        Future<Decision> decision = ask(authenticator, new Credential.ClientSecret(clientId, "s3cret"));

        register(draft(SecretHash.of("another", pepper), null));
        log.apply(new Change(Change.Kind.CLIENT, clientId, client().version(), "U", null, null), 10);
        work();
        work();

        assertThat(decision.result()).isEqualTo(invalid());
    }

    @Test
    void whereSlowHashesAreUsualEveryWrongSecretTakesOne() {
        Authenticator authenticator = fresh();
        register(draft(BCRYPT, null));
        String withoutSecret = ClientRegistryContract.id();
        registry.upsert(
                ClientDraft.active(withoutSecret, "code"), List.of(), Author.of("test"), ClientRegistryContract.soon());
        ask(authenticator, new Credential.ClientSecret(clientId, "guess"));
        work();

        // An id that nobody has, one without a secret, and one that is none: also with a secret that another client
        // has.
        for (String id : List.of(ClientRegistryContract.id(), withoutSecret, "not-a-uuid")) {
            Future<Decision> decision = ask(authenticator, new Credential.ClientSecret(id, "s3cret"));
            assertThat(decision.isComplete()).isFalse();
            work();
            assertThat(decision.result()).isEqualTo(invalid());
        }
        assertThat(hashed).hasSize(4).allMatch(work -> work.startsWith("bcrypt of cost 10"));
    }

    @Test
    void whereNoSlowHashWasSeenAnUnknownIdIsRefusedAtOnce() {
        Authenticator authenticator = fresh();

        assertThat(decide(authenticator, new Credential.ClientSecret(ClientRegistryContract.id(), "s")))
                .isEqualTo(invalid());
        assertThat(hashed).isEmpty();
    }

    @Test
    void aHashThatCostsTooMuchIsNeverComputed() {
        Authenticator authenticator = fresh();
        for (String hash : List.of(
                BCRYPT.replace("$10$", "$31$"),
                "$argon2id$v=19$m=262144,t=99,p=1$c29tZXNhbHRzb21lc2FsdA$" + "A".repeat(43),
                "bcrypt:",
                "$2b$10$short")) {
            register(draft(hash, null));

            assertThat(decide(authenticator, new Credential.ClientSecret(clientId, "s3cret")))
                    .isEqualTo(invalid());
        }
        assertThat(hashed).isEmpty();
    }

    @Test
    void aKeyCanStandForTheSecretOfItsOwnClientOnly() {
        Authenticator authenticator = fresh();
        register(draft("sha256:00", null));

        assertThat(decide(authenticator, new Credential.ClientSecret(clientId, key)))
                .isInstanceOf(Decision.Allowed.class);
        assertThat(decide(authenticator, new Credential.ClientSecret(ClientRegistryContract.id(), key)))
                .isEqualTo(invalid());
    }

    @Test
    void anIdThatIsNoneIsRefusedAsAnyOther() {
        Authenticator authenticator = fresh();

        assertThat(decide(authenticator, new Credential.ClientSecret("not-a-uuid", "s")))
                .isEqualTo(invalid());
        assertThat(decide(authenticator, new Credential.ClientSecret("1-1-1-1-1", "s")))
                .isEqualTo(invalid());
    }

    /** A warm key whose owner has to be asked for costs that question, and no look-up. */
    @Test
    void anOwnerWhoIsNotKnownIsAskedForAndTheLadderIsNot() {
        standing = OwnerCheck.Standing.ACTIVE;
        Authenticator authenticator = authenticator(FollowedLog.fresh(LONG, NONE), NONE, owners);
        register(ownedBy("u1"));
        assertThat(decide(authenticator, new Credential.Key(key))).isInstanceOf(Decision.Allowed.class);
        assertThat(asked).isEqualTo(1);
        assertThat(authenticator.decideNow(new Credential.Key(key), AuthenticatorTest::nowhere))
                .isInstanceOf(Decision.Allowed.class);

        standing = null;
        assertThat(authenticator.decideNow(new Credential.Key(key), AuthenticatorTest::nowhere))
                .isNull();
        assertThat(decide(authenticator, new Credential.Key(key)))
                .isEqualTo(new Decision.Denied(Refusal.OWNER_NOT_ACTIVE));
        assertThat(asked).isEqualTo(1);
    }

    @Test
    void anAllowedRequestIsOneUseAlsoWhereItsOwnerHadToBeAskedFor() {
        Authenticator authenticator = authenticator(FollowedLog.fresh(LONG, NONE), NONE, owners);
        register(ownedBy("u1"));
        toldWhenAsked = OwnerCheck.Standing.ACTIVE;

        assertThat(decide(authenticator, new Credential.Key(key))).isInstanceOf(Decision.Allowed.class);
        assertThat(usesTaken()).isEqualTo(1);
        assertThat(authenticator.decideNow(new Credential.Key(key), AuthenticatorTest::nowhere))
                .isNull();
        assertThat(decide(authenticator, new Credential.Key(key))).isInstanceOf(Decision.Allowed.class);
        assertThat(usesTaken()).isEqualTo(1);
        standing = OwnerCheck.Standing.ACTIVE;
        authenticator.decideNow(new Credential.Key(key), AuthenticatorTest::nowhere);
        assertThat(usesTaken()).isEqualTo(1);
    }

    @Test
    void whatTheOwnerRefusesIsNoUse() {
        Authenticator authenticator = authenticator(FollowedLog.fresh(LONG, NONE), NONE, owners);
        register(ownedBy("u1"));

        decide(authenticator, new Credential.Key(key));
        decide(authenticator, new Credential.Key(key));
        standing = OwnerCheck.Standing.NOT_ACTIVE;
        authenticator.decideNow(new Credential.Key(key), AuthenticatorTest::nowhere);

        assertThat(usesTaken()).isZero();
    }

    @Test
    void whoIsRefusedAnywayHasNobodyAskedForHisOwner() {
        standing = OwnerCheck.Standing.NOT_ACTIVE;
        Authenticator authenticator = authenticator(FollowedLog.fresh(LONG, NONE), NONE, owners);
        register(ownedBy("u1"));
        suspend();

        assertThat(decide(authenticator, new Credential.Key(key)))
                .isEqualTo(new Decision.Denied(Refusal.CLIENT_NOT_ACTIVE));
    }

    /** Follows the log. */
    private Authenticator fresh() {
        return authenticator(FollowedLog.fresh(LONG, NONE), Duration.ofSeconds(1));
    }

    /** Followed the log up to the end of its lease. */
    private Authenticator inGrace(Duration unknownTtl) {
        return authenticator(FollowedLog.confirmedAgo(LONG, LONG, LONG), unknownTtl);
    }

    private Authenticator authenticator(FollowedLog log, Duration unknownTtl) {
        return authenticator(log, unknownTtl, null);
    }

    private Authenticator authenticator(FollowedLog log, Duration unknownTtl, @Nullable OwnerCheck owned) {
        Lookup lookup = (query, deadline) -> {
            asked++;
            return down ? Future.failedFuture(failure) : registry.find(query, deadline);
        };
        return new Authenticator(
                new Authenticator.Parts(
                        Fingerprinter.create(random),
                        peppers,
                        new SecretCheck(peppers, slow),
                        redigest,
                        new NearCache(1 << 20, unknownTtl, 100),
                        uses,
                        log.freshness(),
                        LONG,
                        deadline -> Future.failedFuture("nothing to catch up with"),
                        new RecordRefusals(new SimpleMeterRegistry()),
                        Clock.systemUTC()),
                lookup,
                new AcceptanceRule(),
                owned);
    }

    private ClientDraft draft(String secretHash, @Nullable Integer grace) {
        return draft(null, secretHash, grace);
    }

    private ClientDraft ownedBy(String owner) {
        return draft(owner, "sha256:00", null);
    }

    private ClientDraft draft(@Nullable String owner, String secretHash, @Nullable Integer grace) {
        return new ClientDraft(
                clientId,
                "code",
                null,
                owner,
                secretHash,
                null,
                null,
                List.of(),
                null,
                ClientStatus.ACTIVE,
                List.of(),
                grace,
                null);
    }

    private void register(ClientDraft draft) {
        boolean known = registry.find(new Query.ByDigest(pepper.digest(key)), ClientRegistryContract.soon())
                        .result()
                        .keyValue()
                != null;
        List<KeyDraft> keys = known ? List.of() : List.of(KeyDraft.of(key, pepper, null));
        registry.upsert(draft, keys, Author.of("test"), ClientRegistryContract.soon());
    }

    private void suspend() {
        registry.updateStatus(clientId, ClientStatus.SUSPENDED, Author.of("test"), ClientRegistryContract.soon());
    }

    /** The decision, or that there was none. */
    private @Nullable Decision settle(Authenticator authenticator) {
        return authenticator
                .decide(new Credential.Key(key), AuthenticatorTest::nowhere, ClientRegistryContract.soon())
                .otherwiseEmpty()
                .result();
    }

    private static Future<Decision> ask(Authenticator authenticator, Credential credential) {
        return authenticator.decide(credential, AuthenticatorTest::nowhere, Deadline.in(Duration.ofSeconds(10)));
    }

    /** What the threads for slow hashes would do. */
    private void work() {
        while (!waiting.isEmpty()) {
            waiting.remove(0).run();
        }
    }

    private Client client() {
        return Objects.requireNonNull(registry.getByClientId(clientId, ClientRegistryContract.soon())
                .result()
                .value());
    }

    private static Decision decide(Authenticator authenticator, Credential credential) {
        return authenticator
                .decide(credential, AuthenticatorTest::nowhere, Deadline.in(Duration.ofSeconds(1)))
                .result();
    }

    private static @Nullable IpAddress nowhere() {
        return null;
    }

    private static Decision invalid() {
        return new Decision.Denied(Refusal.INVALID_CREDENTIALS);
    }
}
