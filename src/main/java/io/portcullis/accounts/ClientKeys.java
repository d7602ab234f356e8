package io.portcullis.accounts;

import io.portcullis.auth.ClientStatus;
import io.portcullis.auth.Pepper;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Keys of a client: made, listed, rotated, revoked. Thread-safe; futures fail with an {@link AccountsException}. */
public final class ClientKeys {

    private final Ledger ledger;
    private final Pepper pepper;
    private final TenantRule tenants;
    private final SecureRandom random = new SecureRandom();

    /** @param pepper that new keys stand under */
    public ClientKeys(Pool pool, Pepper pepper) {
        this(pool, pepper, new TenantRule());
    }

    ClientKeys(Pool pool, Pepper pepper, TenantRule tenants) {
        this.ledger = new Ledger(pool);
        this.pepper = pepper;
        this.tenants = tenants;
    }

    /** Makes a key, and shows it this once. The form is the contract's {@code KeyNew}. */
    public Future<Answered> create(Asked asked, String clientId, JsonObject form) {
        List<String> scopes = form.getJsonArray("scopes", new JsonArray()).stream()
                .map(Object::toString)
                .toList();
        return ledger.change(
                asked,
                entry -> ofClient(entry, clientId, true, client -> {
                    NewKey key = NewKey.generate(form.getString("environment", "live"), pepper, random);
                    return entry.run(
                                    AccountSql.KEY_NEW,
                                    key.keyId(),
                                    clientId,
                                    key.digest(),
                                    key.pepperId(),
                                    key.prefix(),
                                    form.getString("name"),
                                    scopes.toArray(new String[0]),
                                    form.getString("not_before"),
                                    form.getString("expires_at"))
                            .compose(rows -> {
                                JsonObject made = Documents.key(rows.iterator().next());
                                return entry.audit(
                                                "key.created",
                                                Clients.entity(clientId),
                                                client.getString("c_tenant"),
                                                null,
                                                new JsonObject()
                                                        .put("before", null)
                                                        .put("after", made.copy()))
                                        .map(then -> created(made, key));
                            });
                }));
    }

    /**
     * The client's keys in the order of their ids: {@code {"keys": […], "next": …}}.
     *
     * @param after id of the last one known; null to begin
     */
    public Future<Reply> list(Asked asked, String clientId, @Nullable String after, int limit) {
        return ledger.read(
                asked,
                entry -> ofClient(
                        entry,
                        clientId,
                        false,
                        client -> entry.run(AccountSql.KEYS, clientId, after, limit + 1)
                                .map(rows -> {
                                    JsonArray keys = new JsonArray();
                                    rows.forEach(row -> keys.add(Documents.key(row)));
                                    boolean more = keys.size() > limit;
                                    if (more) {
                                        keys.remove(limit);
                                    }
                                    return Reply.Done.of(new JsonObject()
                                            .put("keys", keys)
                                            .put(
                                                    "next",
                                                    more
                                                            ? keys.getJsonObject(limit - 1)
                                                                    .getString("key_id")
                                                            : null));
                                })));
    }

    /**
     * Makes a key in the place of another, with its name, scopes and end, and shows it this once.
     *
     * @param grace how long the other still counts; at 0 it is refused at once
     */
    public Future<Answered> rotate(
            Asked asked, String clientId, String keyId, Duration grace, @Nullable String reason) {
        return ledger.change(
                asked,
                entry -> ofKey(entry, clientId, keyId, (client, row) -> rotate(entry, row, client, grace, reason)));
    }

    private Future<Reply> rotate(Ledger.Entry entry, Row row, Row client, Duration grace, @Nullable String reason) {
        JsonObject before = Documents.key(row);
        String keyId = before.getString("key_id");
        if (isFinal(client)) {
            return Future.succeededFuture(Reply.refused(
                    Refusal.conflict("the client is " + client.getString("c_status") + ": it gets no more keys")));
        }
        if (!row.getBoolean("k_good")) {
            return Future.succeededFuture(
                    Reply.refused(Refusal.conflict("the key is revoked or has ended: make a new one")));
        }
        NewKey key = NewKey.generate(environment(before.getString("prefix")), pepper, random);
        return entry.run(AccountSql.KEY_SUCCESSOR, key.keyId(), keyId, key.digest(), key.pepperId(), key.prefix())
                .compose(made -> entry.run(AccountSql.KEY_END, keyId, grace.toMillis())
                        .compose(ended -> {
                            JsonObject after = Documents.key(made.iterator().next());
                            JsonObject former = Documents.key(ended.iterator().next());
                            return entry.audit(
                                            "key.rotated",
                                            Clients.entity(before.getString("client_id")),
                                            client.getString("c_tenant"),
                                            reason,
                                            new JsonObject()
                                                    .put("before", before)
                                                    .put("after", after.copy())
                                                    .put("former", former.copy()))
                                    .map(then -> created(
                                            after.put("replaces", keyId)
                                                    .put("former_expires_at", former.getString("expires_at")),
                                            key));
                        }));
    }

    /** Revokes a key, for good. One that is revoked stays so. */
    public Future<Answered> revoke(Asked asked, String clientId, String keyId, @Nullable String reason) {
        return ledger.change(
                asked,
                entry -> ofKey(entry, clientId, keyId, (client, row) -> {
                    JsonObject before = Documents.key(row);
                    if (!before.getString("status").equals("ACTIVE")) {
                        return Future.succeededFuture(Reply.Done.of(before));
                    }
                    return entry.run(AccountSql.KEY_REVOKE, keyId).compose(rows -> {
                        JsonObject after = Documents.key(rows.iterator().next());
                        return entry.audit(
                                        "key.revoked",
                                        Clients.entity(clientId),
                                        client.getString("c_tenant"),
                                        reason,
                                        new JsonObject().put("before", before).put("after", after.copy()))
                                .map(then -> Reply.Done.of(after));
                    });
                }));
    }

    private static Reply created(JsonObject made, NewKey key) {
        String path = "/clients/" + made.getString("client_id") + "/keys/" + made.getString("key_id");
        return new Reply.Done(true, made.put("key", key.key()), path, null);
    }

    private Future<Reply> ofKey(
            Ledger.Entry entry, String clientId, String keyId, BiFunction<Row, Row, Future<Reply>> work) {
        return ofClient(
                entry,
                clientId,
                false,
                client -> entry.run(AccountSql.KEY_LOCKED, keyId, clientId)
                        .compose(rows -> rows.size() == 0
                                ? Future.succeededFuture(Reply.refused(
                                        new Refusal(Refusal.Reason.NO_SUCH_THING, "the client has no such key")))
                                : work.apply(client, rows.iterator().next())));
    }

    /** @param forMore whether it is to get another key */
    private Future<Reply> ofClient(
            Ledger.Entry entry, String clientId, boolean forMore, Function<Row, Future<Reply>> work) {
        return entry.run(AccountSql.CLIENT_BY_ID, clientId).compose(rows -> {
            Row client = tenants.visible(rows, entry.asked().principal());
            if (client == null) {
                return Future.succeededFuture(Reply.refused(Refusal.noClient()));
            }
            if (forMore && isFinal(client)) {
                return Future.succeededFuture(Reply.refused(
                        Refusal.conflict("the client is " + client.getString("c_status") + ": it gets no more keys")));
            }
            return work.apply(client);
        });
    }

    private static boolean isFinal(Row client) {
        ClientStatus status = ClientStatus.of(client.getString("c_status"));
        return status == ClientStatus.REVOKED || status == ClientStatus.REJECTED;
    }

    /** Of {@code pk_live_Ab3}; what is no key of ours, a certificate say, is followed by a live one. */
    private static String environment(String prefix) {
        String[] parts = prefix.split("_", -1);
        return parts.length == 3 && parts[0].equals("pk") && parts[1].matches("[a-z0-9]{1,16}") ? parts[1] : "live";
    }
}
