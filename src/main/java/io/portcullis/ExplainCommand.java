package io.portcullis;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "explain",
        description = {
            "Shows what the gateway would decide about a request, step by step, and why.",
            "Nothing is counted as a use, and nothing is let in by it."
        })
final class ExplainCommand implements Callable<Integer> {

    /** Who would ask: one of them. */
    static final class Who {

        @Option(names = "--client", paramLabel = "ID", description = ClientNames.ID)
        private @Nullable String client;

        @Option(names = "--key", paramLabel = "ID", description = "Key id; a key itself is never an argument.")
        private @Nullable String key;

        @Option(
                names = "--credential",
                description = "A whole key, which is read from standard input, or asked for without echo. For admins.")
        private boolean credential;
    }

    @ArgGroup(multiplicity = "1")
    private Who who = new Who();

    @Option(names = "--method", paramLabel = "METHOD", description = "Method of the request.")
    private @Nullable String method;

    @Option(names = "--path", paramLabel = "PATH", description = "Path of the request.")
    private @Nullable String path;

    @Option(names = "--peer", paramLabel = "ADDRESS", description = "Address that the connection comes from.")
    private @Nullable String peer;

    @Option(
            names = "--header",
            paramLabel = "NAME=VALUE",
            description = "A header of the request; give it several times for several.")
    private Map<String, String> headers = new LinkedHashMap<>();

    @Mixin
    private final ApiOptions options = new ApiOptions();

    @Mixin
    private final Output output = new Output();

    private final Shell shell;

    ExplainCommand(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() throws CommandException, IOException {
        JsonObject question = new JsonObject();
        ClientCreateCommand.put(question, "method", method);
        ClientCreateCommand.put(question, "path", path);
        ClientCreateCommand.put(question, "peer", peer);
        if (!headers.isEmpty()) {
            JsonObject sent = new JsonObject();
            headers.forEach(sent::put);
            question.put("headers", sent);
        }
        if (who.key != null) {
            if (!ClientNames.isId(who.key)) {
                // Not repeated: it may be a whole key.
                throw output.misuse("--key is a key id; key list shows them");
            }
            question.put("key_id", who.key.toLowerCase(Locale.ROOT));
        } else if (who.credential) {
            question.put("credential", SecretInput.read(shell, "Key: ", output));
        }
        ManagementClient api = options.open(shell);
        if (who.client != null) {
            question.put("client_id", ClientNames.idOf(api, who.client));
        }
        JsonObject explanation = api.post("/explain", question);
        if (output.asJson()) {
            output.json(explanation);
        } else {
            output.text(text(explanation));
        }
        return ExitCode.OK;
    }

    private static String text(JsonObject explanation) {
        TextTable summary = new TextTable()
                .row("Decision", explanation.getValue("decision"))
                .row("Status", explanation.getValue("status"));
        if (explanation.getValue("code") != null) {
            summary.row("Code", explanation.getValue("code")).row("Title", explanation.getValue("title"));
        }
        TextTable steps = new TextTable().row("STEP", "OUTCOME", "WHY");
        for (JsonObject step : ManagementClient.objects(explanation, "steps")) {
            steps.row(step.getValue("step"), step.getValue("outcome"), step.getValue("why"));
        }
        return summary.render() + System.lineSeparator() + steps.render();
    }
}
