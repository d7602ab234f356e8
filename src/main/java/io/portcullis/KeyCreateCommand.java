package io.portcullis;

import io.portcullis.auth.ApiKey;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "create", description = "Makes another key for a client, and prints it, this once.")
final class KeyCreateCommand implements Callable<Integer> {

    @Option(names = "--client", required = true, paramLabel = "ID", description = ClientNames.ID)
    private String client = "";

    @Option(names = "--name", paramLabel = "NAME", description = "What people call it.")
    private @Nullable String name;

    @Option(
            names = "--scope",
            paramLabel = "SCOPE",
            description = "What it may do; give it several times for several. Without it, as its client.")
    private List<String> scopes = new ArrayList<>();

    @Option(names = "--not-before", paramLabel = "TIME", description = "When it begins to count. " + When.AHEAD)
    private @Nullable String notBefore;

    @Option(names = "--expires", paramLabel = "TIME", description = "When it ends. " + When.AHEAD)
    private @Nullable String expires;

    @Option(
            names = "--env",
            paramLabel = "ENV",
            defaultValue = "live",
            description = "Stands in the key: pk_ENV_…; ${DEFAULT-VALUE} by default.")
    private String environment = "live";

    @Mixin
    private final Seen seen = new Seen();

    @Mixin
    private final ApiOptions options = new ApiOptions();

    @Mixin
    private final Output output = new Output();

    private final Shell shell;

    KeyCreateCommand(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() throws CommandException {
        try {
            ApiKey.requireEnvironment(environment);
        } catch (IllegalArgumentException e) {
            throw output.misuse("--env: " + e.getMessage());
        }
        JsonObject form = new JsonObject().put("environment", environment);
        ClientCreateCommand.put(form, "name", name);
        ClientCreateCommand.put(form, "scopes", scopes.isEmpty() ? null : new JsonArray(scopes));
        ClientCreateCommand.put(form, "not_before", When.ahead("--not-before", notBefore, output));
        ClientCreateCommand.put(form, "expires_at", When.ahead("--expires", expires, output));
        seen.check(output);
        ManagementClient api = options.open(shell);
        return KeyView.made(api.post("/clients/" + ClientNames.idOf(api, client) + "/keys", form), seen, api, output);
    }
}
