package io.portcullis.accounts;

import io.portcullis.auth.ClientStatus;
import io.portcullis.auth.Pepper;
import io.portcullis.cache.WriteAround;
import io.portcullis.cache.WriteThrough;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Clients: registered, read, changed, and taken through their lives. Thread-safe; futures fail with an {@link AccountsException}. */
public final class Clients {

    /** What an answer may wait for the cache to be told. */
    private static final Duration TELLING = Duration.ofMillis(500);

    private final Ledger ledger;
    private final Owners owners;
    private final Pepper pepper;
    private final TenantRule tenants;
    private final CachedClients cached;
    private final WriteThrough<Answered, Account> registrations;
    private final WriteAround<Answered, Account> changes;
    private final SecureRandom random = new SecureRandom();

    /**
     * @param pool for transactions
     * @param pepper that new keys stand under
     * @param cached told of what was registered and changed, before whoever did it is answered
     */
    public Clients(Pool pool, Pepper pepper, Owners owners, CachedClients cached) {
        this(pool, pepper, owners, cached, new TenantRule());
    }

    Clients(Pool pool, Pepper pepper, Owners owners, CachedClients cached, TenantRule tenants) {
        this.ledger = new Ledger(pool);
        this.owners = owners;
        this.pepper = pepper;
        this.cached = cached;
        this.registrations = new WriteThrough<>(cached, TELLING, cached::notTold);
        this.changes = new WriteAround<>(cached, TELLING, cached::notTold);
        this.tenants = tenants;
    }

    /**
     * What a list is narrowed to; null for no condition.
     *
     * @param text a part of the code or of the BAP id, or a whole client id
     */
    public record Filter(
            @Nullable String owner,
            @Nullable String tenant,
            @Nullable ClientStatus status,
            @Nullable String text) {

        public static final Filter NONE = new Filter(null, null, null, null);
    }

    /**
     * Registers a client.
     *
     * @param given of the contract's {@code ClientNew}
     * @param activate whether it is active at once, and not pending
     */
    public Future<Answered> register(Asked asked, JsonObject given, boolean activate) {
        return ledger.replay(asked)
                .compose(known -> known != null ? Future.succeededFuture(known) : registerNew(asked, given, activate));
    }

    private Future<Answered> registerNew(Asked asked, JsonObject given, boolean activate) {
        int keyCount = given.getInteger("keys", 0);
        JsonObject fields = given.copy();
        fields.remove("keys");
        fields.remove("client_id");
        String tenant = fields.getString("tenant_id");
        if (tenant == null && asked.principal().tenant() != null) {
            fields.put("tenant_id", asked.principal().tenant());
        } else if (!tenants.admits(asked.principal(), tenant)) {
            return Future.succeededFuture(
                    Answered.refused(Refusal.invalid("tenant_id is not the tenant that this token is bound to")));
        }
        ClientForm form = new ClientForm(fields);
        String fault = form.fault();
        if (fault != null) {
            return Future.succeededFuture(Answered.refused(Refusal.invalid(fault)));
        }
        String clientId = given.getString("client_id", UUID.randomUUID().toString());
        return refusedOwner(asked, fields.getString("owner_user_id"))
                .compose(refusal -> registrations.write(
                        () -> ledger.change(
                                asked,
                                entry -> refusal != null
                                        ? Future.succeededFuture(Reply.refused(refusal))
                                        : insert(entry, form, clientId, activate, keyCount)),
                        Account::of));
    }

    private Future<Reply> insert(Ledger.Entry entry, ClientForm form, String clientId, boolean activate, int keyCount) {
        return entry.connection()
                .preparedQuery(AccountSql.CLIENT_NEW)
                .execute(form.asNew(clientId, activate ? ClientStatus.ACTIVE : ClientStatus.PENDING))
                .compose(rows -> {
                    if (rows.size() == 0) {
                        return Future.succeededFuture(
                                Reply.refused(Refusal.conflict("there is a client of this id already")));
                    }
                    JsonObject client = Documents.client(rows.iterator().next());
                    JsonArray shown = new JsonArray();
                    Future<?> made = Future.succeededFuture();
                    for (int i = 0; i < keyCount; i++) {
                        made = made.compose(then -> insertKey(entry, clientId, shown));
                    }
                    JsonObject payload = new JsonObject().put("before", null).put("after", client.copy());
                    if (keyCount > 0) {
                        payload.put("keys", shown);
                    }
                    return made.compose(then -> entry.audit(
                                    "client.registered",
                                    entity(clientId),
                                    client.getString("tenant_id"),
                                    null,
                                    masked(payload)))
                            .map(then -> {
                                JsonObject body = keyCount > 0 ? client.put("keys", shown) : client;
                                return new Reply.Done(true, body, "/clients/" + clientId, client.getLong("version"));
                            });
                });
    }

    private Future<?> insertKey(Ledger.Entry entry, String clientId, JsonArray shown) {
        NewKey key = NewKey.generate("live", pepper, random);
        return entry.run(
                        AccountSql.KEY_NEW,
                        key.keyId(),
                        clientId,
                        key.digest(),
                        key.pepperId(),
                        key.prefix(),
                        null,
                        new String[0],
                        null,
                        null)
                .onSuccess(
                        rows -> shown.add(Documents.key(rows.iterator().next()).put("key", key.key())));
    }

    /** The client, or that there is none. */
    public Future<Reply> get(Asked asked, String clientId) {
        return ledger.read(
                asked,
                entry -> entry.run(AccountSql.CLIENT_BY_ID, clientId).map(rows -> {
                    Row row = tenants.visible(rows, asked.principal());
                    return row == null ? Reply.refused(Refusal.noClient()) : Reply.Done.ofClient(Documents.client(row));
                }));
    }

    /**
     * Clients in the order of their ids: {@code {"clients": […], "next": …}}.
     *
     * @param after id of the last one known; null to begin
     * @param limit at least 1
     */
    public Future<JsonObject> list(Asked asked, Filter filter, @Nullable String after, int limit) {
        return page(asked, filter, after, limit + 1).map(found -> {
            boolean more = found.size() > limit;
            List<JsonObject> shown = more ? found.subList(0, limit) : found;
            return new JsonObject()
                    .put("clients", new JsonArray(new ArrayList<>(shown)))
                    .put("next", more ? shown.get(limit - 1).getString("client_id") : null);
        });
    }

    /** So many clients behind that id. */
    public Future<List<JsonObject>> page(Asked asked, Filter filter, @Nullable String after, int limit) {
        return ledger.read(
                asked,
                entry -> entry.run(
                                AccountSql.CLIENTS,
                                after,
                                filter.owner(),
                                tenants.narrowed(asked.principal(), filter.tenant()),
                                filter.status() == null ? null : filter.status().name(),
                                filter.text(),
                                limit)
                        .map(rows -> {
                            List<JsonObject> found = new ArrayList<>();
                            rows.forEach(row -> found.add(Documents.client(row)));
                            return found;
                        }));
    }

    /**
     * The clients of a user, as look-ups find them: {@code {"owner_user_id": …, "clients": […]}}. Unlike a list that is narrowed to an owner it
     * asks PostgreSQL for what no cache has, and no more.
     */
    public Future<JsonObject> ownedBy(Asked asked, String userId) {
        return cached.ownedBy(userId, asked.deadline())
                .recover(failure -> Future.failedFuture(
                        new AccountsException("look-ups by owner: " + failure.getMessage(), failure)))
                .map(found -> {
                    JsonArray shown = new JsonArray();
                    found.stream()
                            .filter(client -> tenants.admits(asked.principal(), client.tenantId()))
                            .forEach(client -> shown.add(Documents.cached(client)));
                    return new JsonObject().put("owner_user_id", userId).put("clients", shown);
                });
    }

    /**
     * Changes a client by a merge patch (RFC 7396).
     *
     * @param patch of the contract's {@code ClientPatch}
     * @param version that it was read at; null where whichever it is will do
     */
    public Future<Answered> patch(Asked asked, String clientId, JsonObject patch, @Nullable Long version) {
        return refusedOwner(asked, patch.getString("owner_user_id"))
                .compose(refusal -> changes.write(
                        () -> ledger.change(
                                asked,
                                entry -> refusal != null
                                        ? Future.succeededFuture(Reply.refused(refusal))
                                        : locked(entry, clientId, before -> change(entry, before, patch, version))),
                        Account::of));
    }

    private Future<Reply> change(Ledger.Entry entry, JsonObject before, JsonObject patch, @Nullable Long version) {
        if (version != null && !version.equals(before.getLong("version"))) {
            return Future.succeededFuture(Reply.refused(new Refusal(
                    Refusal.Reason.VERSION,
                    "the client has changed since; read it again",
                    new JsonObject().put("version", before.getLong("version")))));
        }
        String clientId = before.getString("client_id");
        return entry.run(AccountSql.METADATA_OF, clientId).compose(whole -> {
            JsonObject fields = new JsonObject();
            ClientForm.FIELDS.forEach(name -> fields.put(name, before.getValue(name)));
            fields.put("metadata", Documents.value(whole.iterator().next().getString(0)));
            ClientForm form = new ClientForm(fields).patched(patch);
            String fault = form.fault();
            if (fault != null) {
                return Future.succeededFuture(Reply.refused(Refusal.invalid(fault)));
            }
            if (!tenants.admits(entry.asked().principal(), form.fields().getString("tenant_id"))) {
                return Future.succeededFuture(
                        Reply.refused(Refusal.invalid("tenant_id is not the tenant that this token is bound to")));
            }
            return entry.run(AccountSql.CLIENT_CHANGE, form.asChange(clientId))
                    .compose(rows -> changed(
                            entry,
                            "client.changed",
                            before,
                            Documents.client(rows.iterator().next()),
                            null));
        });
    }

    /** Takes a client a step further in its life. */
    public Future<Answered> step(Asked asked, String clientId, Lifecycle step, @Nullable String reason) {
        return changes.write(() -> ledger.change(asked, entry -> stepped(entry, clientId, step, reason)), Account::of);
    }

    private Future<Reply> stepped(Ledger.Entry entry, String clientId, Lifecycle step, @Nullable String reason) {
        return locked(entry, clientId, before -> {
            ClientStatus status = Objects.requireNonNull(ClientStatus.of(before.getString("status")));
            if (!step.isLegalFrom(status)) {
                List<String> legal = Lifecycle.legalFrom(status);
                return Future.succeededFuture(Reply.refused(new Refusal(
                        Refusal.Reason.CONFLICT,
                        "the client is " + status + ": "
                                + (legal.isEmpty()
                                        ? "that is final"
                                        : "it may be taken through " + String.join(", ", legal)),
                        new JsonObject()
                                .put("client_status", status.name())
                                .put("legal_steps", new JsonArray(legal)))));
            }
            return entry.run(AccountSql.CLIENT_STATUS, clientId, step.to().name())
                    .compose(rows -> changed(
                            entry,
                            "client." + step.text(),
                            before,
                            Documents.client(rows.iterator().next()),
                            reason));
        });
    }

    /** Has every node drop what it holds: of a client, also in Redis; of all (null), in memory only, as Redis' entries are held to the fences. */
    public Future<Answered> forget(Asked asked, @Nullable String clientId) {
        return ledger.change(
                asked,
                entry -> entry.run(AccountSql.FORGET, clientId).compose(rows -> {
                    if (!rows.iterator().next().getBoolean(0)) {
                        return Future.succeededFuture(Reply.refused(Refusal.noClient()));
                    }
                    JsonObject body = new JsonObject().put("client_id", clientId);
                    return entry.audit(
                                    "cache.invalidated",
                                    clientId == null ? "cache" : entity(clientId),
                                    null,
                                    null,
                                    new JsonObject())
                            .map(then -> Reply.Done.of(body));
                }));
    }

    private Future<Reply> changed(
            Ledger.Entry entry, String action, JsonObject before, JsonObject after, @Nullable String reason) {
        if (before.getLong("version").equals(after.getLong("version"))) {
            return Future.succeededFuture(Reply.Done.ofClient(after));
        }
        JsonObject payload = new JsonObject().put("before", before).put("after", after.copy());
        return entry.audit(action, entity(after.getString("client_id")), after.getString("tenant_id"), reason, payload)
                .map(then -> Reply.Done.ofClient(after));
    }

    /** The client's row, locked until the transaction ends, if the token may touch it. */
    private Future<Reply> locked(Ledger.Entry entry, String clientId, Function<JsonObject, Future<Reply>> work) {
        return entry.run(AccountSql.CLIENT_LOCKED, clientId).compose(rows -> {
            Row row = tenants.visible(rows, entry.asked().principal());
            return row == null
                    ? Future.succeededFuture(Reply.refused(Refusal.noClient()))
                    : work.apply(Documents.client(row));
        });
    }

    private Future<@Nullable Refusal> refusedOwner(Asked asked, @Nullable String userId) {
        return userId == null ? Future.succeededFuture() : owners.refusalOf(userId, asked.deadline());
    }

    static String entity(String clientId) {
        return "client:" + clientId;
    }

    /** What is shown once is not shown here. */
    static JsonObject masked(JsonObject payload) {
        JsonObject copy = payload.copy();
        if (copy.getValue("keys") instanceof JsonArray keys) {
            keys.forEach(key -> ((JsonObject) key).put("key", "***"));
        }
        return copy;
    }
}
