package io.portcullis;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "list", description = "Lists a client's keys, with their last use.")
final class KeyListCommand implements Callable<Integer> {

    @Option(names = "--client", required = true, paramLabel = "ID", description = ClientNames.ID)
    private String client = "";

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "50",
            description = "So many at most, 1 to " + ClientCommands.MOST_SHOWN + "; ${DEFAULT-VALUE} by default.")
    private int limit = 50;

    @Option(names = "--after", paramLabel = "ID", description = "Those behind this key id.")
    private @Nullable String after;

    @Mixin
    private final ApiOptions options = new ApiOptions();

    @Mixin
    private final Output output = new Output();

    private final Shell shell;

    KeyListCommand(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() throws CommandException {
        output.checkLimit(limit, ClientCommands.MOST_SHOWN);
        ManagementClient api = options.open(shell);
        String path = "/clients/" + ClientNames.idOf(api, client) + "/keys";
        JsonObject page = api.get(ManagementClient.path(path, "limit", limit, "cursor", after));
        if (output.asJson()) {
            output.json(page.getJsonArray("keys", new JsonArray()));
        } else {
            output.text(ClientView.keys(page));
        }
        output.more(page.getString("next"));
        return ExitCode.OK;
    }
}
