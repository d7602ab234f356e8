package io.portcullis.management;

import io.portcullis.accounts.Answered;
import io.portcullis.accounts.Audits;
import io.portcullis.accounts.ClientKeys;
import io.portcullis.accounts.Clients;
import io.portcullis.accounts.Explanations;
import io.portcullis.accounts.Imports;
import io.portcullis.accounts.Lifecycle;
import io.portcullis.accounts.Refusal;
import io.portcullis.accounts.Refusal.Reason;
import io.portcullis.accounts.Role;
import io.portcullis.accounts.Tokens;
import io.portcullis.auth.ClientStatus;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Clients, keys, tokens and the audit, as the contract has them. */
public final class AccountOperations {

    private static final Duration LONGEST_GRACE = Duration.ofDays(30);

    private final Clients clients;
    private final ClientKeys keys;
    private final Imports imports;
    private final Tokens tokens;
    private final Audits audits;
    private final Explanations explanations;

    public AccountOperations(
            Clients clients,
            ClientKeys keys,
            Imports imports,
            Tokens tokens,
            Audits audits,
            Explanations explanations) {
        this.clients = clients;
        this.keys = keys;
        this.imports = imports;
        this.tokens = tokens;
        this.audits = audits;
        this.explanations = explanations;
    }

    /** Adds them all. */
    public void addTo(Operations operations) {
        operations
                .on("listClients", this::list)
                .on("registerClient", call -> clients.register(call.asked(), lower(call.body()), call.flag("activate")))
                .on("getClient", call -> Operations.read(clients.get(call.asked(), id(call, "client_id"))))
                .on("listOwnedClients", call -> Operations.json(clients.ownedBy(call.asked(), call.need("user_id"))))
                .on("patchClient", this::patch)
                .on("listKeys", this::listKeys)
                .on("createKey", this::createKey)
                .on("rotateKey", this::rotate)
                .on("revokeKey", call -> keys.revoke(call.asked(), id(call, "client_id"), id(call, "key_id"), null))
                .on("listTokens", this::listTokens)
                .on("createToken", this::createToken)
                .on("revokeToken", call -> tokens.revoke(call.asked(), id(call, "token_id")))
                .on("listAudit", this::audit)
                .on("explain", call -> Operations.read(explanations.explain(call.asked(), call.body())))
                .on("invalidateCache", this::invalidate);
        for (Lifecycle step : Lifecycle.values()) {
            operations.on(
                    step.text() + "Client",
                    call -> clients.step(
                            call.asked(),
                            id(call, "client_id"),
                            step,
                            call.body().getString("reason")));
        }
        ClientStreams streams = new ClientStreams(clients, imports, operations.bodyOf("importClients"));
        operations.streamingOn("exportClients", streams::export);
        operations.streamingOn("importClients", streams::register);
    }

    static Clients.Filter filter(Call call) {
        return new Clients.Filter(
                call.text("owner_user_id"),
                call.text("tenant_id"),
                ClientStatus.of(call.text("status")),
                call.text("q"));
    }

    private Future<Answered> list(Call call) {
        return Operations.json(clients.list(call.asked(), filter(call), call.text("cursor"), call.number("limit")));
    }

    private Future<Answered> patch(Call call) {
        String match = call.text("If-Match");
        if (match == null) {
            return Operations.refused(new Refusal(
                    Reason.VERSION_MISSING, "If-Match is the ETag of the client as you have read it, or * for any"));
        }
        Long version = match.equals("*") ? null : version(match);
        return clients.patch(call.asked(), id(call, "client_id"), call.body(), version);
    }

    /** One that is too long to be a version matches none. */
    private static Long version(String etag) {
        try {
            return Long.valueOf(etag.substring(1, etag.length() - 1));
        } catch (NumberFormatException e) {
            return -1L;
        }
    }

    private Future<Answered> listKeys(Call call) {
        return Operations.read(
                keys.list(call.asked(), id(call, "client_id"), call.text("cursor"), call.number("limit")));
    }

    private Future<Answered> createKey(Call call) {
        String fault = timeFault(call.body(), "not_before");
        if (fault == null) {
            fault = endFault(call.body());
        }
        return fault != null
                ? Operations.refused(new Refusal(Reason.INVALID, fault))
                : keys.create(call.asked(), id(call, "client_id"), call.body());
    }

    private Future<Answered> rotate(Call call) {
        String given = call.body().getString("grace");
        Duration grace = given == null ? Duration.ZERO : Times.duration(given);
        if (grace.compareTo(LONGEST_GRACE) > 0) {
            return Operations.refused(new Refusal(Reason.INVALID, "grace is 30d at most"));
        }
        return keys.rotate(
                call.asked(),
                id(call, "client_id"),
                id(call, "key_id"),
                grace,
                call.body().getString("reason"));
    }

    private Future<Answered> listTokens(Call call) {
        return Operations.json(tokens.list(call.asked(), call.text("cursor"), call.number("limit")));
    }

    private Future<Answered> createToken(Call call) {
        String fault = endFault(call.body());
        return fault != null
                ? Operations.refused(new Refusal(Reason.INVALID, fault))
                : tokens.create(call.asked(), call.body());
    }

    private Future<Answered> audit(Call call) {
        for (String name : new String[] {"from", "to"}) {
            String fault = Times.fault(call.text(name));
            if (fault != null) {
                return Operations.refused(new Refusal(Reason.INVALID, name + ": " + fault));
            }
        }
        Audits.Filter filter =
                new Audits.Filter(call.text("entity"), call.text("actor"), call.text("from"), call.text("to"));
        return Operations.json(audits.list(call.asked(), filter, call.text("cursor"), call.number("limit")));
    }

    private Future<Answered> invalidate(Call call) {
        String clientId = call.body().getString("client_id");
        boolean all = call.body().getBoolean("all", false);
        if (all == (clientId != null)) {
            return Operations.refused(new Refusal(Reason.INVALID, "either client_id, or all"));
        }
        if (all && !call.asked().principal().role().includes(Role.ADMIN)) {
            return Operations.refused(new Refusal(Reason.FORBIDDEN, "to drop all takes the role admin"));
        }
        return clients.forget(call.asked(), clientId == null ? null : clientId.toLowerCase(Locale.ROOT));
    }

    private static @Nullable String endFault(JsonObject form) {
        String fault = timeFault(form, "expires_at");
        String end = form.getString("expires_at");
        if (fault != null || end == null) {
            return fault;
        }
        return OffsetDateTime.parse(end).toInstant().isAfter(Instant.now()) ? null : "expires_at is over already";
    }

    private static @Nullable String timeFault(JsonObject form, String name) {
        String fault = Times.fault(form.getString(name));
        return fault == null ? null : name + ": " + fault;
    }

    private static JsonObject lower(JsonObject form) {
        String id = form.getString("client_id");
        return id == null ? form : form.put("client_id", id.toLowerCase(Locale.ROOT));
    }

    private static String id(Call call, String name) {
        return call.need(name).toLowerCase(Locale.ROOT);
    }
}
