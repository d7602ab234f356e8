package io.portcullis;

import io.portcullis.accounts.Role;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "token", description = "Administrators' tokens for the management API.")
final class TokenCommands {

    private static final int MOST_SHOWN = 1000;

    private final Shell shell;

    TokenCommands(Shell shell) {
        this.shell = shell;
    }

    @Command(description = "Makes a token, and prints it, this once. It is used by " + ApiOptions.TOKEN + ".")
    int create(
            @Option(
                            names = "--name",
                            required = true,
                            paramLabel = "NAME",
                            description = "Whose it is; stands in the audit.")
                    String name,
            @Option(names = "--role", required = true, paramLabel = "ROLE", description = "${COMPLETION-CANDIDATES}.")
                    Role role,
            @Option(
                            names = "--tenant",
                            paramLabel = "TENANT",
                            description = "It sees this tenant's things and no others.")
                    @Nullable
                    String tenant,
            @Option(names = "--expires", paramLabel = "TIME", description = "When it ends. " + When.AHEAD) @Nullable
                    String expires,
            @Mixin ApiOptions options,
            @Mixin Output output)
            throws CommandException {
        JsonObject form = new JsonObject().put("name", name).put("role", role.text());
        ClientCreateCommand.put(form, "tenant_id", tenant);
        ClientCreateCommand.put(form, "expires_at", When.ahead("--expires", expires, output));
        JsonObject made = options.open(shell).post("/tokens", form);
        if (output.asJson()) {
            output.json(made);
        } else {
            output.text(new TextTable()
                            .row("Token id", made.getValue("token_id"))
                            .row("Token", made.getValue("token"))
                            .row("Name", made.getValue("name"))
                            .row("Role", made.getValue("role"))
                            .row("Tenant", made.getValue("tenant_id"))
                            .row("Expires", made.getValue("expires_at"))
                            .render()
                    + "The token is shown this once and stored nowhere.");
        }
        return ExitCode.OK;
    }

    @Command(description = "Lists tokens in the order of their ids.")
    int list(
            @Option(
                            names = "--limit",
                            paramLabel = "N",
                            defaultValue = "50",
                            description = "So many at most, 1 to " + MOST_SHOWN + "; ${DEFAULT-VALUE} by default.")
                    int limit,
            @Option(names = "--after", paramLabel = "ID", description = "Those behind this token id.") @Nullable
                    String after,
            @Mixin ApiOptions options,
            @Mixin Output output)
            throws CommandException {
        output.checkLimit(limit, MOST_SHOWN);
        JsonObject page = options.open(shell).get(ManagementClient.path("/tokens", "limit", limit, "cursor", after));
        if (output.asJson()) {
            output.json(page.getJsonArray("tokens", new JsonArray()));
        } else {
            TextTable table =
                    new TextTable().row("TOKEN ID", "NAME", "ROLE", "TENANT", "CREATED", "BY", "EXPIRES", "REVOKED");
            for (JsonObject token : ManagementClient.objects(page, "tokens")) {
                table.row(
                        token.getValue("token_id"),
                        token.getValue("name"),
                        token.getValue("role"),
                        token.getValue("tenant_id"),
                        token.getValue("created_at"),
                        token.getValue("created_by"),
                        token.getValue("expires_at"),
                        token.getValue("revoked_at"));
            }
            output.text(table.render());
        }
        output.more(page.getString("next"));
        return ExitCode.OK;
    }

    @Command(description = "Revokes a token, for good: it is refused from now on.")
    int revoke(
            @Parameters(paramLabel = "TOKEN", description = "Token id, or a name that only one token has.")
                    String token,
            @Mixin ApiOptions options,
            @Mixin Output output)
            throws CommandException {
        ManagementClient api = options.open(shell);
        String id = ClientNames.isId(token) ? token.toLowerCase(Locale.ROOT) : byName(api, token);
        JsonObject revoked = api.delete("/tokens/" + id, Duration.ZERO);
        if (output.asJson()) {
            output.json(revoked);
        } else {
            output.text(new TextTable()
                    .row("Token id", revoked.getValue("token_id"))
                    .row("Name", revoked.getValue("name"))
                    .row("Revoked", revoked.getValue("revoked_at"))
                    .render());
        }
        return ExitCode.OK;
    }

    private static String byName(ManagementClient api, String name) throws CommandException {
        List<String> ids = new ArrayList<>();
        @Nullable String after = null;
        do {
            JsonObject page = api.get(ManagementClient.path("/tokens", "limit", MOST_SHOWN, "cursor", after));
            for (JsonObject token : ManagementClient.objects(page, "tokens")) {
                if (name.equals(token.getString("name")) && token.getValue("revoked_at") == null) {
                    ids.add(token.getString("token_id"));
                }
            }
            after = page.getString("next");
        } while (after != null);
        // Not repeated: somebody may have given the token itself.
        if (ids.isEmpty()) {
            throw new CommandException("there is no token of that name that is not revoked: token list shows them");
        }
        if (ids.size() > 1) {
            throw new CommandException("several tokens have that name; name one by its id: " + String.join(", ", ids));
        }
        return ids.get(0);
    }
}
