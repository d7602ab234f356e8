package io.portcullis;

import io.portcullis.auth.ClientStatus;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "client", description = "Clients, by the management API of a running gateway.")
final class ClientCommands {

    static final int MOST_SHOWN = 1000;
    private static final String REASON = "Goes into the audit.";

    private final Shell shell;

    ClientCommands(Shell shell) {
        this.shell = shell;
    }

    @Command(description = "Shows a client and its keys.")
    int show(
            @Parameters(paramLabel = "ID", description = ClientNames.ID) String id,
            @Mixin ApiOptions options,
            @Mixin Output output)
            throws CommandException {
        ManagementClient api = options.open(shell);
        String path = "/clients/" + ClientNames.idOf(api, id);
        JsonObject client = api.get(path);
        JsonObject keys = api.get(ManagementClient.path(path + "/keys", "limit", MOST_SHOWN));
        boolean more = keys.getString("next") != null;
        if (output.asJson()) {
            output.json(client.put("keys", keys.getJsonArray("keys")).put("more_keys", more));
        } else {
            output.text(ClientView.client(client)
                    + System.lineSeparator()
                    + ClientView.keys(keys)
                    + (more ? "There are more keys." : ""));
        }
        return ExitCode.OK;
    }

    @Command(description = "Lists clients in the order of their ids.")
    int list(
            @Option(
                            names = "--status",
                            paramLabel = "STATUS",
                            description = "Those with this status: ${COMPLETION-CANDIDATES}.")
                    @Nullable
                    ClientStatus status,
            @Option(names = "--owner", paramLabel = "USER", description = "Those of this owner.") @Nullable
                    String owner,
            @Option(names = "--tenant", paramLabel = "TENANT", description = "Those of this tenant.") @Nullable
                    String tenant,
            @Option(
                            names = "--search",
                            paramLabel = "TEXT",
                            description = "Those with this in their code or their BAP id, or with this client id.")
                    @Nullable
                    String text,
            @Option(
                            names = "--limit",
                            paramLabel = "N",
                            defaultValue = "50",
                            description = "So many at most, 1 to " + MOST_SHOWN + "; ${DEFAULT-VALUE} by default.")
                    int limit,
            @Option(names = "--after", paramLabel = "ID", description = "Those behind this client id.") @Nullable
                    String after,
            @Mixin ApiOptions options,
            @Mixin Output output)
            throws CommandException {
        output.checkLimit(limit, MOST_SHOWN);
        if (after != null && !ClientNames.isId(after)) {
            throw output.misuse("--after is a client id, not '" + after + "'");
        }
        JsonObject page = options.open(shell)
                .get(ManagementClient.path(
                        "/clients",
                        "owner_user_id",
                        owner,
                        "tenant_id",
                        tenant,
                        "status",
                        status,
                        "q",
                        text,
                        "limit",
                        limit,
                        "cursor",
                        after));
        if (output.asJson()) {
            output.json(page.getJsonArray("clients", new JsonArray()));
        } else {
            output.text(ClientView.list(page));
        }
        output.more(page.getString("next"));
        return ExitCode.OK;
    }

    @Command(
            name = "owned-by",
            description = "Lists the clients of a user as look-ups find them, " + MOST_SHOWN + " at most.")
    int ownedBy(
            @Parameters(paramLabel = "USER", description = "User of the User Service.") String user,
            @Mixin ApiOptions options,
            @Mixin Output output)
            throws CommandException {
        JsonObject owned = options.open(shell)
                .get("/owners/"
                        + URLEncoder.encode(user, StandardCharsets.UTF_8).replace("+", "%20") + "/clients");
        if (output.asJson()) {
            output.json(owned.getJsonArray("clients"));
            return ExitCode.OK;
        }
        TextTable table = new TextTable().row("CLIENT ID", "CODE", "STATUS", "TENANT", "VERSION");
        for (JsonObject client : ManagementClient.objects(owned, "clients")) {
            table.row(
                    client.getValue("client_id"),
                    client.getValue("client_code"),
                    client.getValue("status"),
                    client.getValue("tenant_id"),
                    client.getValue("version"));
        }
        output.text(table.render());
        return ExitCode.OK;
    }

    @Command(description = "Lets a pending client in.")
    int approve(
            @Parameters(paramLabel = "ID", description = ClientNames.ID) String id,
            @Option(names = "--reason", paramLabel = "TEXT", description = REASON) @Nullable String reason,
            @Mixin Seen seen,
            @Mixin ApiOptions options,
            @Mixin Output output)
            throws CommandException {
        return step(id, "approve", reason, seen, options, output);
    }

    @Command(description = "Refuses a pending client for good.")
    int reject(
            @Parameters(paramLabel = "ID", description = ClientNames.ID) String id,
            @Option(names = "--reason", paramLabel = "TEXT", description = REASON) @Nullable String reason,
            @Mixin Seen seen,
            @Mixin ApiOptions options,
            @Mixin Output output)
            throws CommandException {
        return step(id, "reject", reason, seen, options, output);
    }

    @Command(description = "Refuses an active client until it is reactivated.")
    int suspend(
            @Parameters(paramLabel = "ID", description = ClientNames.ID) String id,
            @Option(names = "--reason", paramLabel = "TEXT", description = REASON) @Nullable String reason,
            @Mixin Seen seen,
            @Mixin ApiOptions options,
            @Mixin Output output)
            throws CommandException {
        return step(id, "suspend", reason, seen, options, output);
    }

    @Command(description = "Lets a suspended client in again.")
    int reactivate(
            @Parameters(paramLabel = "ID", description = ClientNames.ID) String id,
            @Option(names = "--reason", paramLabel = "TEXT", description = REASON) @Nullable String reason,
            @Mixin Seen seen,
            @Mixin ApiOptions options,
            @Mixin Output output)
            throws CommandException {
        return step(id, "reactivate", reason, seen, options, output);
    }

    @Command(description = "Refuses a client for good: there is no way back.")
    int revoke(
            @Parameters(paramLabel = "ID", description = ClientNames.ID) String id,
            @Option(names = "--reason", paramLabel = "TEXT", description = REASON) @Nullable String reason,
            @Mixin Seen seen,
            @Mixin ApiOptions options,
            @Mixin Output output)
            throws CommandException {
        return step(id, "revoke", reason, seen, options, output);
    }

    private int step(String id, String step, @Nullable String reason, Seen seen, ApiOptions options, Output output)
            throws CommandException {
        seen.check(output);
        ManagementClient api = options.open(shell);
        JsonObject body = reason == null ? new JsonObject() : new JsonObject().put("reason", reason);
        String path = "/clients/" + ClientNames.idOf(api, id) + "/" + step;
        JsonObject changed = api.post(seen.waiting(path, output), body, seen.waits(output));
        return changed(changed, seen, api, output);
    }

    /** A client that was changed, and who knows of it. */
    static int changed(JsonObject changed, Seen seen, ManagementClient api, Output output) {
        Seen.Sight sight = seen.of(changed, api, output);
        if (output.asJson()) {
            changed.remove("barrier");
            output.json(sight.addTo(changed));
        } else {
            output.text(new TextTable()
                            .row("Client id", changed.getValue("client_id"))
                            .row("Code", changed.getValue("client_code"))
                            .row("Status", changed.getValue("status"))
                            .render()
                    + sight.text());
        }
        return sight.exit(output);
    }
}
