package io.portcullis.accounts;

import io.portcullis.auth.ClientStatus;
import io.portcullis.auth.Pepper;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Pool;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Many clients at once: a batch is one transaction of three statements. Thread-safe; futures fail with an {@link AccountsException}. */
public final class Imports {

    private final Ledger ledger;
    private final Owners owners;
    private final Pepper pepper;
    private final TenantRule tenants = new TenantRule();
    private final SecureRandom random = new SecureRandom();

    public Imports(Pool pool, Pepper pepper, Owners owners) {
        this.ledger = new Ledger(pool);
        this.owners = owners;
        this.pepper = pepper;
    }

    /**
     * A line of an import.
     *
     * @param form of the contract's {@code ImportLine}
     */
    public record Line(long number, JsonObject form) {}

    /**
     * What came of a batch.
     *
     * @param results the contract's {@code ImportResult} for each line, in their order
     * @param seq null where nothing was registered
     */
    public record Batch(
            List<JsonObject> results,
            int registered,
            @Nullable Long seq) {}

    /** A client that is to be registered, with the keys that it gets. */
    private record Draft(Line line, String clientId, JsonObject row, List<NewKey> keys) {}

    /**
     * Registers them; what is wrong with one does not keep the others.
     *
     * @param activate whether they are active at once, and not pending
     */
    public Future<Batch> register(Asked asked, List<Line> lines, boolean activate) {
        return refusedOwners(asked, lines).compose(refused -> {
            Map<Long, JsonObject> results = new HashMap<>();
            List<Draft> drafts = new ArrayList<>();
            for (Line line : lines) {
                String owner = line.form().getString("owner_user_id");
                Refusal refusal = owner == null ? null : refused.get(owner);
                Object draft = refusal != null ? refusal : draft(asked, line, activate);
                if (draft instanceof Draft sound) {
                    drafts.add(sound);
                } else {
                    results.put(line.number(), refused(line, (Refusal) draft));
                }
            }
            Future<Answered> written = drafts.isEmpty()
                    ? Future.succeededFuture(new Answered(Reply.Done.of(new JsonObject()), null, false))
                    : ledger.change(asked, entry -> insert(entry, drafts, activate, results));
            return written.map(answered -> {
                if (answered.reply() instanceof Reply.Refused all) {
                    drafts.forEach(draft -> results.put(draft.line().number(), refused(draft.line(), all.refusal())));
                }
                List<JsonObject> ordered =
                        lines.stream().map(line -> results.get(line.number())).toList();
                int registered = (int) ordered.stream()
                        .filter(result -> !result.containsKey("error"))
                        .count();
                return new Batch(ordered, registered, answered.seq());
            });
        });
    }

    private Object draft(Asked asked, Line line, boolean activate) {
        JsonObject fields = new JsonObject();
        ClientForm.FIELDS.forEach(name -> fields.put(name, line.form().getValue(name)));
        String tenant = fields.getString("tenant_id");
        if (tenant == null && asked.principal().tenant() != null) {
            fields.put("tenant_id", asked.principal().tenant());
        } else if (!tenants.admits(asked.principal(), tenant)) {
            return Refusal.invalid("tenant_id is not the tenant that this token is bound to");
        }
        String fault = new ClientForm(fields).fault();
        if (fault != null) {
            return Refusal.invalid(fault);
        }
        String clientId = line.form().getString("client_id", UUID.randomUUID().toString());
        List<NewKey> keys = new ArrayList<>();
        for (int i = 0; i < line.form().getInteger("keys", 0); i++) {
            keys.add(NewKey.generate("live", pepper, random));
        }
        JsonObject row = fields.put("client_id", clientId)
                .put("status", (activate ? ClientStatus.ACTIVE : ClientStatus.PENDING).name());
        for (String list : new String[] {"scopes", "allowed_ips"}) {
            if (row.getValue(list) == null) {
                row.put(list, new JsonArray());
            }
        }
        return new Draft(line, clientId, row, keys);
    }

    private Future<Reply> insert(
            Ledger.Entry entry, List<Draft> drafts, boolean activate, Map<Long, JsonObject> results) {
        JsonArray clients = new JsonArray();
        drafts.forEach(draft -> clients.add(draft.row()));
        return entry.run(AccountSql.IMPORT_CLIENTS, clients.encode()).compose(rows -> {
            Map<String, Long> versions = new HashMap<>();
            rows.forEach(row -> versions.put(row.getString(0), row.getLong(1)));
            JsonArray keys = new JsonArray();
            JsonArray audits = new JsonArray();
            for (Draft draft : drafts) {
                // One of two lines with one id is there first; the other finds nothing left.
                Long version = versions.remove(draft.clientId());
                if (version == null) {
                    results.put(
                            draft.line().number(),
                            refused(draft.line(), Refusal.conflict("there is a client of this id already")));
                    continue;
                }
                draft.keys().forEach(key -> keys.add(row(draft.clientId(), key)));
                audits.add(audit(draft, version));
                results.put(draft.line().number(), registered(draft, activate));
            }
            Future<?> made =
                    keys.isEmpty() ? Future.succeededFuture() : entry.run(AccountSql.IMPORT_KEYS, keys.encode());
            return made.compose(then -> entry.run(
                            AccountSql.IMPORT_AUDIT,
                            entry.asked().auditActor(),
                            entry.asked().correlationId(),
                            audits.encode()))
                    .map(then -> Reply.Done.of(new JsonObject()));
        });
    }

    private static JsonObject registered(Draft draft, boolean activate) {
        JsonObject result = new JsonObject()
                .put("line", draft.line().number())
                .put("client_id", draft.clientId())
                .put("status", (activate ? ClientStatus.ACTIVE : ClientStatus.PENDING).name());
        if (!draft.keys().isEmpty()) {
            result.put(
                    "keys", new JsonArray(draft.keys().stream().map(NewKey::key).toList()));
        }
        return result;
    }

    private static JsonObject row(String clientId, NewKey key) {
        return new JsonObject()
                .put("key_id", key.keyId())
                .put("client_id", clientId)
                .put("digest", HexFormat.of().formatHex(key.digest().getBytes()))
                .put("pepper_id", key.pepperId())
                .put("prefix", key.prefix());
    }

    private static JsonObject audit(Draft draft, long version) {
        JsonObject after = draft.row().copy().put("version", version);
        JsonObject payload = new JsonObject().put("before", null).put("after", after);
        if (!draft.keys().isEmpty()) {
            payload.put(
                    "new_keys",
                    new JsonArray(draft.keys().stream().map(NewKey::prefix).toList()));
        }
        return new JsonObject()
                .put("entity", Clients.entity(draft.clientId()))
                .put("tenant_id", draft.row().getString("tenant_id"))
                .put("payload", payload);
    }

    private static JsonObject refused(Line line, Refusal refusal) {
        return new JsonObject()
                .put("line", line.number())
                .put(
                        "error",
                        new JsonObject().put("code", refusal.reason().code()).put("detail", refusal.detail()));
    }

    private Future<Map<String, Refusal>> refusedOwners(Asked asked, List<Line> lines) {
        Set<String> users = new HashSet<>();
        for (Line line : lines) {
            String owner = line.form().getString("owner_user_id");
            if (owner != null) {
                users.add(owner);
            }
        }
        return users.isEmpty() ? Future.succeededFuture(Map.of()) : owners.refusalsOf(users, asked.deadline());
    }
}
