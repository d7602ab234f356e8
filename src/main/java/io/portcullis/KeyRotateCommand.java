package io.portcullis;

import io.vertx.core.json.JsonObject;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "rotate",
        description = {
            "Makes a key in the place of another, with its name, scopes and end, and prints it, this once.",
            "The other one counts for --grace yet, 30d at most; without it, it is refused at once."
        })
final class KeyRotateCommand implements Callable<Integer> {

    @Parameters(paramLabel = "KEY", description = KeyNames.KEY)
    private String key = "";

    @Option(names = "--client", required = true, paramLabel = "ID", description = ClientNames.ID)
    private String client = "";

    @Option(names = "--grace", paramLabel = "TIME", description = "How long the other key still counts, such as 1h.")
    private @Nullable String grace;

    @Option(names = "--reason", paramLabel = "TEXT", description = "Goes into the audit.")
    private @Nullable String reason;

    @Mixin
    private final Seen seen = new Seen();

    @Mixin
    private final ApiOptions options = new ApiOptions();

    @Mixin
    private final Output output = new Output();

    private final Shell shell;

    KeyRotateCommand(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() throws CommandException {
        JsonObject form = new JsonObject();
        ClientCreateCommand.put(form, "grace", When.duration("--grace", grace, output));
        ClientCreateCommand.put(form, "reason", reason);
        seen.check(output);
        ManagementClient api = options.open(shell);
        return KeyView.made(api.post(KeyNames.path(api, client, key) + "/rotate", form), seen, api, output);
    }
}
