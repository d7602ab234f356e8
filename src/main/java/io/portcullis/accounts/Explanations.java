package io.portcullis.accounts;

import io.portcullis.auth.AddressRules;
import io.portcullis.auth.ApiKey;
import io.portcullis.auth.ClientAddress;
import io.portcullis.auth.Credential;
import io.portcullis.auth.Credentials;
import io.portcullis.auth.IpAddress;
import io.portcullis.auth.Peer;
import io.portcullis.auth.Pepper;
import io.portcullis.auth.Peppers;
import io.portcullis.auth.Presented;
import io.portcullis.auth.QueryCredentials;
import io.portcullis.auth.Refusal;
import io.portcullis.auth.SecretHash;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What would be decided of a request, step by step and why, by what PostgreSQL has now; no cache is asked, and nothing is counted. A
 * credential that is shown for it is neither stored nor logged. Thread-safe; futures fail with an {@link AccountsException}.
 */
public final class Explanations {

    private final Ledger ledger;
    private final Rules rules;
    private final TenantRule tenants = new TenantRule();

    /**
     * What of the configuration decides.
     *
     * @param owners null where nobody asks for a client's owner
     */
    public record Rules(
            Peppers peppers,
            Credentials credentials,
            ClientAddress addresses,
            @Nullable Owners owners,
            ClientLimits limits) {}

    public Explanations(Pool pool, Rules rules) {
        this.ledger = new Ledger(pool);
        this.rules = rules;
    }

    /** A question of the contract's {@code Question}, with header names in lower case. */
    private record Question(JsonObject form, Map<String, String> headers) {

        static Question of(JsonObject form) {
            Map<String, String> headers = new TreeMap<>();
            form.getJsonObject("headers", new JsonObject())
                    .forEach(header -> headers.put(
                            header.getKey().toLowerCase(Locale.ROOT),
                            header.getValue().toString()));
            String credential = form.getString("credential");
            if (credential != null) {
                headers.put("x-api-key", credential);
            }
            return new Question(form, headers);
        }

        boolean showsCredential() {
            return headers.containsKey("x-api-key") || headers.containsKey("authorization");
        }

        @Nullable
        String id(String name) {
            String id = form.getString(name);
            return id == null ? null : id.toLowerCase(Locale.ROOT);
        }

        /** Without the credential. */
        @Override
        public String toString() {
            return "question";
        }
    }

    /** Explains. */
    public Future<Reply> explain(Asked asked, JsonObject form) {
        Question question = Question.of(form);
        long named = Stream.of("client_id", "key_id").filter(form::containsKey).count()
                + (question.showsCredential() ? 1 : 0);
        if (named != 1) {
            return refused("one of client_id, key_id and a credential says who calls");
        }
        if (question.showsCredential() && !asked.principal().role().includes(Role.ADMIN)) {
            return refused("a credential may be shown by admins only: name the client or the key by its id");
        }
        String peer = form.getString("peer");
        if (peer != null && IpAddress.parse(peer) == null) {
            return refused("peer is no IP address");
        }
        Explanation explanation = new Explanation();
        String path = form.getString("path", "/");
        int query = path.indexOf('?');
        boolean inQuery = query >= 0 && QueryCredentials.in(path.substring(query + 1));
        explanation.step(
                "query",
                inQuery ? Refusal.CREDENTIAL_IN_QUERY : null,
                inQuery ? "the query string holds a credential" : "no credential in the query string");
        // Not while the transaction is open: others wait for its connection.
        return ledger.read(asked, entry -> whom(entry, question, explanation)).compose(reply -> {
            JsonObject client = explanation.client();
            return client == null
                    ? Future.succeededFuture(reply)
                    : owner(asked, explanation, client)
                            .compose(then -> limits(asked, explanation, client))
                            .map(then -> explanation.reply());
        });
    }

    private Future<?> limits(Asked asked, Explanation explanation, JsonObject client) {
        return rules.limits()
                .of(client.getString("client_id"), client.getInteger("rate_limit"), asked.deadline())
                .map(stand -> explanation.step("limits", stand.refuses() ? Refusal.RATE_LIMITED : null, stand.why()))
                .otherwise(failure -> explanation.without(
                        "limits",
                        "Redis does not answer: a node goes by its share, or admits nobody, as limits have it"));
    }

    private Future<?> owner(Asked asked, Explanation explanation, JsonObject client) {
        String owner = client.getString("owner_user_id");
        Owners owners = rules.owners();
        if (owners == null) {
            return Future.succeededFuture(
                    explanation.without("owner", "auth.owner-check is off").reply());
        }
        if (owner == null || explanation.isDecided()) {
            return Future.succeededFuture(explanation.step("owner", null, "the client has no owner"));
        }
        return owners.refusalOf(owner, asked.deadline()).map(against -> {
            if (against == null) {
                explanation.step("owner", null, "user " + owner + " is active");
            } else if (against.reason() == io.portcullis.accounts.Refusal.Reason.OWNER) {
                explanation.step(
                        "owner", Refusal.OWNER_NOT_ACTIVE, "user " + owner + " is not active, or there is none");
            } else {
                explanation.without(
                        "owner",
                        "the user service does not say whether user " + owner
                                + " is active: a node goes on by what it last heard as auth.owner-check has it, else it is 503 (65014)");
            }
            return explanation;
        });
    }

    private Future<Reply> whom(Ledger.Entry entry, Question question, Explanation explanation) {
        String clientId = question.id("client_id");
        String keyId = question.id("key_id");
        if (clientId != null) {
            explanation.step("credential", null, "taken for proven: the client is named by its id");
            return byClient(entry, question, explanation, clientId, null, true);
        }
        if (keyId != null) {
            return entry.run(AccountSql.KEY_BY_ID, keyId)
                    .compose(rows -> byKey(entry, question, explanation, rows, null, true));
        }
        Presented presented = rules.credentials()
                .read(
                        question.headers().get("x-api-key"),
                        question.headers().get("authorization"),
                        question.headers().get("x-client-id"));
        if (presented instanceof Credential.Key key) {
            return byCredential(entry, question, explanation, key.value(), null);
        }
        if (presented instanceof Credential.ClientSecret pair) {
            return byPair(entry, question, explanation, pair);
        }
        Refusal refusal = switch ((Presented.Nothing) presented) {
            case MISSING -> Refusal.MISSING_CREDENTIALS;
            case AMBIGUOUS -> Refusal.AMBIGUOUS_CREDENTIALS;
            case MALFORMED -> Refusal.INVALID_CREDENTIALS;
        };
        return Future.succeededFuture(explanation
                .step("credential", refusal, "no enabled scheme finds one usable credential in these headers")
                .reply());
    }

    private Future<Reply> byPair(
            Ledger.Entry entry, Question question, Explanation explanation, Credential.ClientSecret pair) {
        String clientId;
        try {
            clientId = UUID.fromString(pair.clientId()).toString();
        } catch (IllegalArgumentException e) {
            return Future.succeededFuture(explanation
                    .step("credential", Refusal.INVALID_CREDENTIALS, "what stands for the client id is none")
                    .reply());
        }
        if (ApiKey.looksLikeOne(pair.secret())) {
            return byCredential(entry, question, explanation, pair.secret(), clientId);
        }
        return entry.run(AccountSql.CLIENT_AND_SECRET, clientId).compose(rows -> {
            Row row = tenants.visible(rows, entry.asked().principal());
            String hash = row == null ? null : row.getString("c_hash");
            if (hash != null && (hash.startsWith("$2") || hash.startsWith("$argon2"))) {
                explanation.without("credential", "a slow hash: it is not checked here, and taken for right");
            } else {
                boolean matches = hash != null && SecretHash.matches(pair.secret(), hash, rules.peppers());
                explanation.step(
                        "credential",
                        matches ? null : Refusal.INVALID_CREDENTIALS,
                        matches
                                ? "the client's own secret"
                                : row == null
                                        ? "there is no client of this id"
                                        : hash == null
                                                ? "the client has no secret of its own"
                                                : "not the client's secret");
            }
            return client(question, explanation, row, null);
        });
    }

    /** @param ofClient whose it has to be; null for anybody's */
    private Future<Reply> byCredential(
            Ledger.Entry entry, Question question, Explanation explanation, String key, @Nullable String ofClient) {
        if (!ApiKey.isWellFormed(key)) {
            return Future.succeededFuture(explanation
                    .step(
                            "credential",
                            Refusal.INVALID_CREDENTIALS,
                            "no key of ours, or one with a typing error: the checksum fails")
                    .reply());
        }
        List<Pepper> peppers = Stream.of(
                        Stream.of(rules.peppers().current()),
                        rules.peppers().former().stream(),
                        Stream.ofNullable(rules.peppers().next()))
                .flatMap(all -> all)
                .toList();
        return byDigest(entry, question, explanation, key, ofClient, peppers, 0);
    }

    private Future<Reply> byDigest(
            Ledger.Entry entry,
            Question question,
            Explanation explanation,
            String key,
            @Nullable String ofClient,
            List<Pepper> peppers,
            int at) {
        return entry.run(
                        AccountSql.KEY_BY_DIGEST,
                        Buffer.buffer(peppers.get(at).digest(key).bytes()))
                .compose(rows -> rows.size() == 0 && at + 1 < peppers.size()
                        ? byDigest(entry, question, explanation, key, ofClient, peppers, at + 1)
                        : byKey(entry, question, explanation, rows, ofClient, false));
    }

    /** @param named whether it is named by its id, and so taken for proven */
    private Future<Reply> byKey(
            Ledger.Entry entry,
            Question question,
            Explanation explanation,
            RowSet<Row> rows,
            @Nullable String ofClient,
            boolean named) {
        if (rows.size() == 0) {
            return named
                    ? Future.succeededFuture(Reply.refused(new io.portcullis.accounts.Refusal(
                            io.portcullis.accounts.Refusal.Reason.NO_SUCH_THING, "there is no key of this id")))
                    : Future.succeededFuture(explanation
                            .step("credential", Refusal.INVALID_CREDENTIALS, "well formed, and nobody's")
                            .reply());
        }
        Row key = rows.iterator().next();
        String clientId = Objects.requireNonNull(key.getString("k_client"));
        boolean theirs = ofClient == null || ofClient.equals(clientId);
        explanation.step(
                "credential",
                theirs ? null : Refusal.INVALID_CREDENTIALS,
                !theirs
                        ? "a key, but of another client than the id beside it"
                        : named ? "taken for proven: the key is named by its id" : "key " + key.getString("k_id"));
        return byClient(entry, question, explanation, clientId, key, named);
    }

    private Future<Reply> byClient(
            Ledger.Entry entry,
            Question question,
            Explanation explanation,
            String clientId,
            @Nullable Row key,
            boolean named) {
        return entry.run(AccountSql.CLIENT_BY_ID, clientId).compose(rows -> {
            Row row = tenants.visible(rows, entry.asked().principal());
            return row == null && named
                    ? Future.succeededFuture(Reply.refused(io.portcullis.accounts.Refusal.noClient()))
                    : client(question, explanation, row, key);
        });
    }

    private Future<Reply> client(Question question, Explanation explanation, @Nullable Row row, @Nullable Row key) {
        if (key == null) {
            explanation.without("key", "not by a key");
        } else {
            String state = Objects.requireNonNull(key.getString("k_state"));
            explanation.step(
                    "key",
                    state.isEmpty() ? null : Refusal.INVALID_CREDENTIALS,
                    "key " + key.getString("k_id") + " " + (state.isEmpty() ? "is active" : state));
        }
        if (row == null) {
            return Future.succeededFuture(explanation.reply());
        }
        JsonObject client = Documents.client(row);
        String status = client.getString("status");
        String fault = client.getString("fault");
        Refusal against = switch (status) {
            case "ACTIVE" -> fault == null ? null : Refusal.CLIENT_NOT_ACTIVE;
            case "REVOKED" -> Refusal.INVALID_CREDENTIALS;
            default -> Refusal.CLIENT_NOT_ACTIVE;
        };
        explanation.step(
                "client",
                against,
                "client " + client.getString("client_id") + " is " + status
                        + (fault == null ? "" : ", and its row cannot be served: " + fault));
        address(question, explanation, client);
        explanation.of(client);
        return Future.succeededFuture(explanation.reply());
    }

    private void address(Question question, Explanation explanation, JsonObject client) {
        List<String> networks = client.getJsonArray("allowed_ips").stream()
                .map(Object::toString)
                .toList();
        if (networks.isEmpty()) {
            explanation.step("address", null, "the client may call from anywhere");
            return;
        }
        String given = question.form().getString("peer");
        Peer peer = given == null ? Peer.UNKNOWN : Peer.at(Objects.requireNonNull(IpAddress.parse(given)));
        String header = rules.addresses().header();
        IpAddress address = rules.addresses()
                .resolve(
                        peer,
                        () -> Stream.ofNullable(question.headers().get(header.toLowerCase(Locale.ROOT)))
                                .toList());
        boolean allowed = address != null && AddressRules.of(networks).contains(address);
        explanation.step(
                "address",
                allowed ? null : Refusal.ADDRESS_NOT_ALLOWED,
                (address == null ? "the calling address cannot be told" : "the call comes from " + address)
                        + (rules.addresses().trusts(peer)
                                ? " (the peer is a trusted proxy: " + header + " counts)"
                                : " (the peer itself, which is no trusted proxy)")
                        + (allowed ? ", which is in " : "; the client may call from ")
                        + String.join(", ", networks));
    }

    private static Future<Reply> refused(String detail) {
        return Future.succeededFuture(Reply.refused(io.portcullis.accounts.Refusal.invalid(detail)));
    }
}
