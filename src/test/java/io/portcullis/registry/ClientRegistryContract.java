package io.portcullis.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.auth.ApiKey;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.auth.ClientStatus;
import io.portcullis.auth.KeyDigest;
import io.portcullis.auth.Pepper;
import io.portcullis.bus.Deadline;
import io.portcullis.freshness.Position;
import io.vertx.core.Future;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What every registry promises. */
abstract class ClientRegistryContract {

    private static final Author TESTER = Author.of("test");

    private final Pepper pepper = new Pepper("a pepper for the contract, long enough");
    private final SecureRandom random = new SecureRandom();

    abstract ClientRegistry registry();

    @Test
    void aClientThatWasWrittenIsFoundById() throws Exception {
        ClientDraft draft = fullDraft();

        Client written = upsert(draft);
        Client found = byId(draft.clientId());

        assertThat(found).isEqualTo(written);
        assertThat(found.clientCode()).isEqualTo("code");
        assertThat(found.tenantId()).isEqualTo("tenant");
        assertThat(found.ownerUserId()).isEqualTo("owner");
        assertThat(found.secretHash()).isEqualTo("sha256:00");
        assertThat(found.bapId()).isEqualTo("bap");
        assertThat(found.bapUri()).isEqualTo("https://bap.example");
        assertThat(found.allowedIps().texts()).containsExactly("10.0.0.0/8", "2001:db8::/32");
        assertThat(found.rateLimit()).isEqualTo(100);
        assertThat(found.status()).isEqualTo(ClientStatus.ACTIVE);
        assertThat(found.scopesText()).isEqualTo("read write");
        assertThat(found.graceSeconds()).isZero();
        assertThat(found.fault()).isNull();
    }

    @Test
    void aKeyIsFoundByItsDigestTogetherWithItsClient() throws Exception {
        ClientDraft draft = ClientDraft.active(id(), "code");
        Instant expires = Instant.now().plusSeconds(3600).truncatedTo(ChronoUnit.MILLIS);
        KeyDraft key = key(expires);

        await(registry().upsert(draft, List.of(key), TESTER, soon()));
        Found found = await(registry().find(new Query.ByDigest(key.digest()), soon()));

        ClientKey keyFound = Objects.requireNonNull(found.keyValue());
        assertThat(keyFound.clientId()).isEqualTo(draft.clientId());
        assertThat(keyFound.digest()).isEqualTo(key.digest());
        assertThat(keyFound.active()).isTrue();
        assertThat(keyFound.scopesText()).isEqualTo("a b");
        assertThat(keyFound.notBefore()).isEqualTo(Long.MIN_VALUE);
        assertThat(keyFound.expiresAt()).isEqualTo(expires.toEpochMilli());
        assertThat(Objects.requireNonNull(found.clientValue()).clientId()).isEqualTo(draft.clientId());
    }

    @Test
    void clientsAreFoundByTheirOwner() throws Exception {
        String owner = id();
        ClientDraft one = draft(id(), owner);
        ClientDraft two = draft(id(), owner);
        upsert(fullDraft());
        Client last = upsert(one);
        assertThat(await(registry().findOwned(owner, soon())).clientIds()).containsExactly(last.clientId());
        upsert(two);

        Owned owned = await(registry().findOwned(owner, soon()));

        assertThat(owned.userId()).isEqualTo(owner);
        assertThat(owned.clientIds())
                .containsExactlyInAnyOrder(one.clientId(), two.clientId())
                .isSorted();
        assertThat(await(registry().findOwned(id(), soon())).clientIds()).isEmpty();
        upsert(draft(one.clientId(), id()));
        Owned later = await(registry().findOwned(owner, soon()));
        assertThat(later.clientIds()).containsExactly(two.clientId());
        assertThat(later.asOf().seq()).isGreaterThan(owned.asOf().seq());
    }

    @Test
    void whatDoesNotExistIsFoundNotToExist() throws Exception {
        assertThat(await(registry().getByClientId(id(), soon())).value()).isNull();
        assertThat(await(registry().findByKeyDigest(new KeyDigest(1, 2, 3, random.nextLong()), soon()))
                        .value())
                .isNull();
    }

    @Test
    void everyChangeRaisesTheVersionAndThePosition() throws Exception {
        ClientDraft draft = ClientDraft.active(id(), "code");
        Client first = upsert(draft);
        Cached<Client> before = await(registry().getByClientId(draft.clientId(), soon()));

        Client second = upsert(draft.withAllowedIps(List.of("10.0.0.0/8")));
        Client third = await(registry().updateStatus(draft.clientId(), ClientStatus.SUSPENDED, TESTER, soon()))
                .client();
        Cached<Client> after = await(registry().getByClientId(draft.clientId(), soon()));

        assertThat(second.version()).isGreaterThan(first.version());
        assertThat(third.version()).isGreaterThan(second.version());
        assertThat(after.asOf().epoch()).isEqualTo(before.asOf().epoch());
        assertThat(after.asOf().seq()).isGreaterThanOrEqualTo(before.asOf().seq() + 2);
    }

    @Test
    void aWriteKnowsWhereItStandsInTheLog() throws Exception {
        ClientDraft draft = ClientDraft.active(id(), "code");
        Written first = await(registry().upsert(draft, List.of(), TESTER, soon()));
        Written second = await(registry().updateStatus(draft.clientId(), ClientStatus.SUSPENDED, TESTER, soon()));
        Written nothing = await(registry().updateStatus(draft.clientId(), ClientStatus.SUSPENDED, TESTER, soon()));
        Position seen =
                await(registry().getByClientId(draft.clientId(), soon())).asOf();

        assertThat(Objects.requireNonNull(second.position()).seq())
                .isGreaterThan(Objects.requireNonNull(first.position()).seq());
        assertThat(Objects.requireNonNull(nothing.position()).seq())
                .isGreaterThanOrEqualTo(second.position().seq());
        assertThat(seen.isBehind(second.position())).isFalse();
    }

    @Test
    void aStatusThatStaysIsNoChange() throws Exception {
        ClientDraft draft = ClientDraft.active(id(), "code");
        Client before = upsert(draft);

        Client after = await(registry().updateStatus(draft.clientId(), ClientStatus.ACTIVE, TESTER, soon()))
                .client();

        assertThat(after.version()).isEqualTo(before.version());
    }

    @ParameterizedTest
    @CsvSource({"ACTIVE, PENDING", "REVOKED, ACTIVE", "REVOKED, SUSPENDED", "REJECTED, ACTIVE", "PENDING, SUSPENDED"})
    void anIllegalStepIsAConflictAndChangesNothing(ClientStatus from, ClientStatus to) throws Exception {
        ClientDraft draft = withStatus(from);
        upsert(draft);

        assertThatThrownBy(() -> await(registry().updateStatus(draft.clientId(), to, TESTER, soon())))
                .isInstanceOfSatisfying(
                        RegistryException.Conflict.class,
                        conflict -> assertThat(conflict.code()).isEqualTo(65009));
        assertThat(byId(draft.clientId()).status()).isEqualTo(from);
    }

    @Test
    void aClientThatDoesNotExistHasNoStatusToChange() {
        assertThatThrownBy(() -> await(registry().updateStatus(id(), ClientStatus.ACTIVE, TESTER, soon())))
                .isInstanceOfSatisfying(
                        RegistryException.ClientNotFound.class,
                        missing -> assertThat(missing.code()).isEqualTo(65006));
    }

    @ParameterizedTest
    @EnumSource(ClientStatus.class)
    void anExistingClientKeepsItsStatusWhateverIsWrittenToIt(ClientStatus status) throws Exception {
        ClientDraft draft = withStatus(status);
        upsert(draft);

        Client written = upsert(ClientDraft.active(draft.clientId(), "other code"));

        assertThat(written.status()).isEqualTo(status);
        assertThat(written.clientCode()).isEqualTo("other code");
    }

    @Test
    void aDigestBelongsToOneKeyAndTheWriteIsAllOrNothing() throws Exception {
        KeyDraft key = key(null);
        await(registry().upsert(ClientDraft.active(id(), "first"), List.of(key), TESTER, soon()));
        ClientDraft second = ClientDraft.active(id(), "second");

        assertThatThrownBy(() -> await(registry().upsert(second, List.of(key), TESTER, soon())))
                .isInstanceOf(RegistryException.Conflict.class);
        assertThat(await(registry().getByClientId(second.clientId(), soon())).value())
                .isNull();
    }

    static String id() {
        return UUID.randomUUID().toString();
    }

    static Deadline soon() {
        return Deadline.in(Duration.ofSeconds(10));
    }

    static <T> T await(Future<T> future) throws Exception {
        return future.await(10, TimeUnit.SECONDS);
    }

    KeyDraft key(java.time.@org.jspecify.annotations.Nullable Instant expires) {
        String raw = ApiKey.generate("test", random);
        return new KeyDraft(
                pepper.digest(raw),
                pepper.id(),
                ApiKey.recognisablePrefix(raw),
                "name",
                List.of("a", "b"),
                null,
                expires);
    }

    @Test
    void keysAreAddedToAClientThatIsThere() throws Exception {
        ClientDraft draft = fullDraft();
        Client client = upsert(draft);
        KeyDraft key = key(Instant.now().plusSeconds(3600));

        Written written = await(registry().addKeys(draft.clientId(), List.of(key), TESTER, soon()));
        Found found = await(registry().find(new Query.ByDigest(key.digest()), soon()));

        assertThat(written.client()).isEqualTo(client);
        assertThat(Objects.requireNonNull(found.keyValue()).clientId()).isEqualTo(draft.clientId());
        assertThatThrownBy(() -> await(registry().addKeys(draft.clientId(), List.of(key), TESTER, soon())))
                .isInstanceOf(RegistryException.Conflict.class);
        assertThatThrownBy(() -> await(registry().addKeys(id(), List.of(key), TESTER, soon())))
                .isInstanceOf(RegistryException.ClientNotFound.class);
    }

    private Client upsert(ClientDraft draft) throws Exception {
        return await(registry().upsert(draft, List.of(), TESTER, soon())).client();
    }

    private Client byId(String clientId) throws Exception {
        return Objects.requireNonNull(
                await(registry().getByClientId(clientId, soon())).value());
    }

    private static ClientDraft withStatus(ClientStatus status) {
        return new ClientDraft(
                id(), "code", null, null, null, null, null, List.of(), null, status, List.of(), null, null);
    }

    private static ClientDraft fullDraft() {
        return draft(id(), "owner");
    }

    private static ClientDraft draft(String clientId, String owner) {
        return new ClientDraft(
                clientId,
                "code",
                "tenant",
                owner,
                "sha256:00",
                "bap",
                "https://bap.example",
                List.of("10.0.0.0/8", "2001:db8::/32"),
                100,
                ClientStatus.ACTIVE,
                List.of("read", "write"),
                0,
                "{\"a\":1}");
    }
}
