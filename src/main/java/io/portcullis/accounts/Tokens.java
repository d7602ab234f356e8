package io.portcullis.accounts;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Administrators' tokens: {@code pt_} and 256 random bits in base64url, stored as their SHA-256. Each use is looked up: a token that is
 * revoked is refused from then on. Thread-safe; futures fail with an {@link AccountsException}.
 */
public final class Tokens {

    private static final Pattern FORM = Pattern.compile("pt_[A-Za-z0-9_-]{43}");
    private static final int BYTES = 32;

    private static final String NO_ROLE =
            "PostgreSQL lacks the role that tenants are held to; have an administrator run"
                    + " CREATE ROLE portcullis_tenant NOLOGIN; GRANT portcullis_tenant TO <the gateway's role>;";

    private final Pool pool;
    private final Ledger ledger;
    private final TenantRule tenants;
    private final SecureRandom random = new SecureRandom();

    public Tokens(Pool pool) {
        this(pool, new TenantRule());
    }

    Tokens(Pool pool, TenantRule tenants) {
        this.pool = pool;
        this.ledger = new Ledger(pool);
        this.tenants = tenants;
    }

    /** Whose token that is; null where it is nobody's, or has ended. */
    public Future<@Nullable Principal> authenticate(String token, io.portcullis.bus.Deadline deadline) {
        if (!FORM.matcher(token).matches()) {
            return Future.succeededFuture();
        }
        return pool.preparedQuery(AccountSql.TOKEN_BY_DIGEST)
                .execute(Tuple.of(digest(token)))
                .timeout(deadline.remainingMillis(), TimeUnit.MILLISECONDS)
                .map(rows -> {
                    if (rows.size() == 0) {
                        return (@Nullable Principal) null;
                    }
                    Row row = rows.iterator().next();
                    Role role = Objects.requireNonNull(Role.of(row.getString(2)));
                    return new Principal(row.getString(0), row.getString(1), role, row.getString(3));
                })
                .recover(failure ->
                        Future.failedFuture(new AccountsException(String.valueOf(failure.getMessage()), failure)));
    }

    /** Makes a token, and shows it this once. The form is the contract's {@code TokenNew}. */
    public Future<Answered> create(Asked asked, JsonObject form) {
        String tenant = form.getString("tenant_id", asked.principal().tenant());
        if (!tenants.admits(asked.principal(), tenant)) {
            return Future.succeededFuture(
                    Answered.refused(Refusal.invalid("tenant_id is not the tenant that this token is bound to")));
        }
        if (tenant == null || asked.principal().tenant() != null) {
            return ledger.change(asked, entry -> insert(entry, form, tenant));
        }
        return ledger.change(
                asked,
                entry -> entry.run(AccountSql.ADMIT_TENANTS)
                        .compose(rows -> rows.iterator().next().getBoolean(0)
                                ? insert(entry, form, tenant)
                                : Future.succeededFuture(Reply.refused(Refusal.conflict(NO_ROLE)))));
    }

    private Future<Reply> insert(Ledger.Entry entry, JsonObject form, @Nullable String tenant) {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        String token = "pt_" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        String tokenId = UUID.randomUUID().toString();
        return entry.run(
                        AccountSql.TOKEN_NEW,
                        tokenId,
                        form.getString("name"),
                        digest(token),
                        form.getString("role"),
                        tenant,
                        entry.asked().auditActor(),
                        form.getString("expires_at"))
                .compose(rows -> {
                    JsonObject made = Documents.token(rows.iterator().next());
                    return audit(entry, "token.created", null, made)
                            .map(then -> new Reply.Done(true, made.put("token", token), "/tokens/" + tokenId, null));
                });
    }

    /** Tokens in the order of their ids: {@code {"tokens": […], "next": …}}. */
    public Future<JsonObject> list(Asked asked, @Nullable String after, int limit) {
        return ledger.read(
                asked,
                entry -> entry.run(AccountSql.TOKENS, after, tenants.narrowed(asked.principal(), null), limit + 1)
                        .map(rows -> {
                            JsonArray tokens = new JsonArray();
                            rows.forEach(row -> tokens.add(Documents.token(row)));
                            boolean more = tokens.size() > limit;
                            if (more) {
                                tokens.remove(limit);
                            }
                            return new JsonObject()
                                    .put("tokens", tokens)
                                    .put(
                                            "next",
                                            more
                                                    ? tokens.getJsonObject(limit - 1)
                                                            .getString("token_id")
                                                    : null);
                        }));
    }

    /** Revokes a token, for good. */
    public Future<Answered> revoke(Asked asked, String tokenId) {
        return ledger.change(
                asked,
                entry -> entry.run(AccountSql.TOKEN_LOCKED, tokenId).compose(rows -> {
                    Row row = rows.size() == 0 ? null : rows.iterator().next();
                    if (row == null || !tenants.admits(asked.principal(), row.getString("t_tenant"))) {
                        return Future.succeededFuture(Reply.refused(
                                new Refusal(Refusal.Reason.NO_SUCH_THING, "there is no token of this id")));
                    }
                    JsonObject before = Documents.token(row);
                    if (before.getString("revoked_at") != null) {
                        return Future.succeededFuture(Reply.Done.of(before));
                    }
                    return entry.run(AccountSql.TOKEN_REVOKE, tokenId).compose(revoked -> {
                        JsonObject after = Documents.token(revoked.iterator().next());
                        return audit(entry, "token.revoked", before, after).map(then -> Reply.Done.of(after));
                    });
                }));
    }

    private static Future<Void> audit(
            Ledger.Entry entry, String action, @Nullable JsonObject before, JsonObject after) {
        return entry.audit(
                action,
                "token:" + after.getString("token_id"),
                after.getString("tenant_id"),
                null,
                new JsonObject().put("before", before).put("after", after.copy()));
    }

    private static Buffer digest(String token) {
        try {
            return Buffer.buffer(MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
