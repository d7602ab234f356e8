package io.portcullis;

import io.portcullis.auth.ApiKey;
import io.portcullis.auth.ClientStatus;
import io.portcullis.config.Cidrs;
import io.portcullis.registry.ClientDraft;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "create", description = "Creates an active client with one key, and prints the key, this once.")
final class ClientCreateCommand implements Callable<Integer> {

    private static final String LIVE = "live";

    @Option(names = "--code", required = true, paramLabel = "CODE", description = "What people call the client.")
    private String code = "";

    @Option(names = "--tenant", paramLabel = "TENANT", description = "Tenant that it belongs to.")
    private @Nullable String tenant;

    @Option(names = "--owner", paramLabel = "USER", description = "User that owns it.")
    private @Nullable String owner;

    @Option(
            names = "--allow",
            paramLabel = "CIDR",
            description = "Network it may call from; give it several times for several. Without it, any address.")
    private List<String> allowed = new ArrayList<>();

    @Option(names = "--rate", paramLabel = "N", description = "Requests per window; without it, as configured.")
    private @Nullable Integer rate;

    @Option(names = "--bap-id", paramLabel = "ID", description = "Goes out in X-Bap-Id.")
    private @Nullable String bapId;

    @Option(names = "--bap-uri", paramLabel = "URI", description = "Goes out in X-Bap-Uri.")
    private @Nullable String bapUri;

    @Option(names = "--scope", paramLabel = "SCOPE", description = "What it may do; give it several times for several.")
    private List<String> scopes = new ArrayList<>();

    @Option(names = "--name", paramLabel = "NAME", description = "What people call the key.")
    private @Nullable String keyName;

    @Option(
            names = "--env",
            paramLabel = "ENV",
            defaultValue = LIVE,
            description = "Stands in the key: pk_ENV_…; ${DEFAULT-VALUE} by default.")
    private String environment = LIVE;

    @Option(names = "--id", paramLabel = "UUID", description = "Client id; without it, a random one.")
    private @Nullable String id;

    @Option(names = "--pending", description = "Only registers it: it is let in by 'client approve'.")
    private boolean pending;

    @Option(names = "--no-key", description = "Without a key: they are made by 'key create'.")
    private boolean noKey;

    @Mixin
    private final Seen seen = new Seen();

    @Mixin
    private final ApiOptions options = new ApiOptions();

    @Mixin
    private final Output output = new Output();

    private final Shell shell;

    ClientCreateCommand(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() throws CommandException {
        JsonObject form = form();
        seen.check(output);
        ManagementClient api = options.open(shell);
        // Asked first: what may fail once the client is there would keep its key from being shown.
        boolean namesakes = ClientNames.isTaken(api, code);
        // A key like any other is made in the same transaction.
        boolean plainKey = !noKey && keyName == null && environment.equals(LIVE);
        JsonObject client = api.post(
                ManagementClient.path("/clients", "activate", !pending), plainKey ? form.put("keys", 1) : form);
        JsonObject key = plainKey ? client.getJsonArray("keys").getJsonObject(0) : null;
        if (!noKey && !plainKey) {
            key = namedKey(api, client.getString("client_id"));
            client.put("seq", key.getValue("seq"));
        }
        Seen.Sight sight = print(client, key, api);
        if (namesakes) {
            output.note("Other clients have the code " + code + ", too: name this one by its id.");
        }
        return sight.exit(output);
    }

    private JsonObject namedKey(ManagementClient api, String clientId) throws CommandException {
        JsonObject form = new JsonObject().put("environment", environment);
        if (keyName != null) {
            form.put("name", keyName);
        }
        try {
            return api.post("/clients/" + clientId + "/keys", form);
        } catch (CommandException e) {
            throw new CommandException(
                    "client " + clientId + " was created, but its key was not: " + e.getMessage()
                            + "; make one by: key create --client " + clientId,
                    e);
        }
    }

    /** For people the key comes first: whatever happens while they wait, they have it. */
    private Seen.Sight print(JsonObject client, @Nullable JsonObject key, ManagementClient api) {
        if (!output.asJson()) {
            TextTable table = new TextTable()
                    .row("Client id", client.getValue("client_id"))
                    .row("Code", client.getValue("client_code"))
                    .row("Status", client.getValue("status"));
            output.text(
                    key == null
                            ? table.render()
                            : table.row("Key id", key.getValue("key_id"))
                                            .row("Key", key.getValue("key"))
                                            .render()
                                    + KeyView.ONCE);
        }
        Seen.Sight sight = seen.of(client, api, output);
        if (output.asJson()) {
            JsonObject document = new JsonObject()
                    .put("client_id", client.getValue("client_id"))
                    .put("client_code", client.getValue("client_code"))
                    .put("status", client.getValue("status"));
            if (key != null) {
                document.put("key_id", key.getValue("key_id"))
                        .put("key", key.getValue("key"))
                        .put("key_prefix", key.getValue("prefix"));
            }
            output.json(sight.addTo(document));
        } else {
            output.text(sight.text());
        }
        return sight;
    }

    /** Checked here as well, so that what is wrong with the command line is said as such, and at once. */
    private JsonObject form() {
        if (code.isBlank()) {
            throw output.misuse("--code is empty");
        }
        if (rate != null && rate < 1) {
            throw output.misuse("--rate is at least 1, not " + rate);
        }
        if (id != null && !ClientNames.isId(id)) {
            throw output.misuse("--id is a UUID such as " + new UUID(0, 1) + ", not '" + id + "'");
        }
        if (noKey && keyName != null) {
            throw output.misuse("--name is of the key that --no-key leaves out");
        }
        for (String network : allowed) {
            String fault = Cidrs.fault(network);
            if (fault != null) {
                throw output.misuse("--allow " + network + ": " + fault);
            }
        }
        try {
            ApiKey.requireEnvironment(environment);
        } catch (IllegalArgumentException e) {
            throw output.misuse("--env: " + e.getMessage());
        }
        String fault = new ClientDraft(
                        new UUID(0, 0).toString(),
                        code,
                        tenant,
                        owner,
                        null,
                        bapId,
                        bapUri,
                        allowed,
                        rate,
                        ClientStatus.ACTIVE,
                        scopes,
                        null,
                        null)
                .fault();
        if (fault != null) {
            throw output.misuse(fault + ": visible ASCII only, no blank at an end or within a scope");
        }
        JsonObject form = new JsonObject().put("client_code", code);
        put(form, "tenant_id", tenant);
        put(form, "owner_user_id", owner);
        put(form, "bap_id", bapId);
        put(form, "bap_uri", bapUri);
        put(form, "rate_limit", rate);
        put(form, "client_id", id == null ? null : id.toLowerCase(Locale.ROOT));
        put(form, "allowed_ips", allowed.isEmpty() ? null : new JsonArray(allowed));
        put(form, "scopes", scopes.isEmpty() ? null : new JsonArray(scopes));
        return form;
    }

    /** The API takes what is left out for what is not said. */
    static void put(JsonObject form, String name, @Nullable Object value) {
        if (value != null) {
            form.put(name, value);
        }
    }
}
