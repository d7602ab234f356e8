package io.portcullis;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "audit", description = "Shows who did what, newest first. --json has what was there before and after.")
final class AuditCommand implements Callable<Integer> {

    private static final int MOST_SHOWN = 1000;

    @Option(names = "--client", paramLabel = "ID", description = "Done to that client. " + ClientNames.ID)
    private @Nullable String client;

    @Option(names = "--entity", paramLabel = "ENTITY", description = "Done to that, such as token:5f0c… or cache.")
    private @Nullable String entity;

    @Option(names = "--actor", paramLabel = "ACTOR", description = "Done by that one, such as cli:alice or token:shop.")
    private @Nullable String actor;

    @Option(names = "--from", paramLabel = "TIME", description = "From then on. " + When.AGO)
    private @Nullable String from;

    @Option(names = "--to", paramLabel = "TIME", description = "Before then. " + When.AGO)
    private @Nullable String to;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "50",
            description = "So many at most, 1 to " + MOST_SHOWN + "; ${DEFAULT-VALUE} by default.")
    private int limit = 50;

    @Option(names = "--after", paramLabel = "CURSOR", description = "Goes on where another list ended.")
    private @Nullable String after;

    @Mixin
    private final ApiOptions options = new ApiOptions();

    @Mixin
    private final Output output = new Output();

    private final Shell shell;

    AuditCommand(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() throws CommandException {
        output.checkLimit(limit, MOST_SHOWN);
        if (client != null && entity != null) {
            throw output.misuse("--client and --entity: leave out one of the two");
        }
        String first = When.ago("--from", from, output);
        String end = When.ago("--to", to, output);
        ManagementClient api = options.open(shell);
        String about = client == null ? entity : "client:" + ClientNames.idOf(api, client);
        JsonObject page = api.get(ManagementClient.path(
                "/audit", "entity", about, "actor", actor, "from", first, "to", end, "cursor", after, "limit", limit));
        if (output.asJson()) {
            output.json(page.getJsonArray("entries", new JsonArray()));
        } else {
            TextTable table = new TextTable().row("TIME", "ACTOR", "ACTION", "ENTITY", "REASON");
            for (JsonObject entry : ManagementClient.objects(page, "entries")) {
                table.row(
                        entry.getValue("occurred_at"),
                        entry.getValue("actor"),
                        entry.getValue("action"),
                        entry.getValue("entity"),
                        entry.getValue("reason"));
            }
            output.text(table.render());
        }
        output.more(page.getString("next"));
        return ExitCode.OK;
    }
}
