package io.portcullis;

import io.vertx.core.json.JsonObject;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "revoke", description = "Revokes a key, for good. Its client's others are not touched.")
final class KeyRevokeCommand implements Callable<Integer> {

    @Parameters(paramLabel = "KEY", description = KeyNames.KEY)
    private String key = "";

    @Option(names = "--client", required = true, paramLabel = "ID", description = ClientNames.ID)
    private String client = "";

    @Mixin
    private final Seen seen = new Seen();

    @Mixin
    private final ApiOptions options = new ApiOptions();

    @Mixin
    private final Output output = new Output();

    private final Shell shell;

    KeyRevokeCommand(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() throws CommandException {
        seen.check(output);
        ManagementClient api = options.open(shell);
        String path = KeyNames.path(api, client, key);
        JsonObject revoked = api.delete(seen.waiting(path, output), seen.waits(output));
        Seen.Sight sight = seen.of(revoked, api, output);
        if (output.asJson()) {
            revoked.remove("barrier");
            output.json(sight.addTo(revoked));
        } else {
            output.text(new TextTable()
                            .row("Client id", revoked.getValue("client_id"))
                            .row("Key id", revoked.getValue("key_id"))
                            .row("Prefix", revoked.getValue("prefix"))
                            .row("Status", revoked.getValue("status"))
                            .render()
                    + sight.text());
        }
        return sight.exit(output);
    }
}
