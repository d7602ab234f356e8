package io.portcullis;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "change",
        description = {
            "Changes what is given, and leaves the rest as it is.",
            "If somebody else changes the client meanwhile, nothing is changed (65017)."
        })
final class ClientChangeCommand implements Callable<Integer> {

    /** What {@code --unset} takes, by the names of the options. */
    enum Field {
        CODE("code", "client_code"),
        TENANT("tenant", "tenant_id"),
        OWNER("owner", "owner_user_id"),
        ALLOW("allow", "allowed_ips"),
        RATE("rate", "rate_limit"),
        GRACE("grace", "grace_seconds"),
        BAP_ID("bap-id", "bap_id"),
        BAP_URI("bap-uri", "bap_uri"),
        SCOPE("scope", "scopes"),
        METADATA("metadata", "metadata");

        private final String text;
        private final String inApi;

        Field(String text, String inApi) {
            this.text = text;
            this.inApi = inApi;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    @Parameters(paramLabel = "ID", description = ClientNames.ID)
    private String id = "";

    @Option(names = "--code", paramLabel = "CODE", description = "What people call the client.")
    private @Nullable String code;

    @Option(names = "--tenant", paramLabel = "TENANT", description = "Tenant that it belongs to.")
    private @Nullable String tenant;

    @Option(names = "--owner", paramLabel = "USER", description = "User that owns it.")
    private @Nullable String owner;

    @Option(
            names = "--allow",
            paramLabel = "CIDR",
            description = "Networks it may call from, all of them: give it several times for several.")
    private List<String> allowed = new ArrayList<>();

    @Option(names = "--rate", paramLabel = "N", description = "Requests per window.")
    private @Nullable Integer rate;

    @Option(
            names = "--grace",
            paramLabel = "SECONDS",
            description = "How long it is served beyond the lease by a node that is cut off.")
    private @Nullable Integer grace;

    @Option(names = "--bap-id", paramLabel = "ID", description = "Goes out in X-Bap-Id.")
    private @Nullable String bapId;

    @Option(names = "--bap-uri", paramLabel = "URI", description = "Goes out in X-Bap-Uri.")
    private @Nullable String bapUri;

    @Option(
            names = "--scope",
            paramLabel = "SCOPE",
            description = "What it may do, all of it: give it several times for several.")
    private List<String> scopes = new ArrayList<>();

    @Option(
            names = "--metadata",
            paramLabel = "JSON",
            description = "An object that is merged into the metadata; a null in it takes a member away.")
    private @Nullable String metadata;

    @Option(
            names = "--unset",
            paramLabel = "FIELD",
            description = "Takes away what is there: ${COMPLETION-CANDIDATES}; give it several times for several.")
    private List<Field> unset = new ArrayList<>();

    @Mixin
    private final Seen seen = new Seen();

    @Mixin
    private final ApiOptions options = new ApiOptions();

    @Mixin
    private final Output output = new Output();

    private final Shell shell;

    ClientChangeCommand(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() throws CommandException {
        JsonObject patch = patch();
        seen.check(output);
        ManagementClient api = options.open(shell);
        String path = "/clients/" + ClientNames.idOf(api, id);
        String etag = api.need(api.call("GET", path, null, "", Duration.ZERO)).etag();
        JsonObject changed = api.patch(seen.waiting(path, output), patch, etag, seen.waits(output));
        return ClientCommands.changed(changed, seen, api, output);
    }

    private JsonObject patch() {
        JsonObject patch = new JsonObject();
        ClientCreateCommand.put(patch, Field.CODE.inApi, code);
        ClientCreateCommand.put(patch, Field.TENANT.inApi, tenant);
        ClientCreateCommand.put(patch, Field.OWNER.inApi, owner);
        ClientCreateCommand.put(patch, Field.RATE.inApi, rate);
        ClientCreateCommand.put(patch, Field.GRACE.inApi, grace);
        ClientCreateCommand.put(patch, Field.BAP_ID.inApi, bapId);
        ClientCreateCommand.put(patch, Field.BAP_URI.inApi, bapUri);
        ClientCreateCommand.put(patch, Field.ALLOW.inApi, allowed.isEmpty() ? null : new JsonArray(allowed));
        ClientCreateCommand.put(patch, Field.SCOPE.inApi, scopes.isEmpty() ? null : new JsonArray(scopes));
        ClientCreateCommand.put(patch, Field.METADATA.inApi, object(metadata));
        for (Field field : unset) {
            if (patch.getValue(field.inApi) != null) {
                throw output.misuse("--unset " + field + " and --" + field + ": leave out one of the two");
            }
            patch.putNull(field.inApi);
        }
        if (patch.isEmpty()) {
            throw output.misuse(
                    "There is nothing to change: give what is to be otherwise, or --unset what is not to be.");
        }
        return patch;
    }

    private @Nullable JsonObject object(@Nullable String json) {
        try {
            return json == null ? null : new JsonObject(json);
        } catch (DecodeException | ClassCastException e) {
            throw output.misuse("--metadata is a JSON object such as '{\"team\": \"orders\"}'");
        }
    }
}
