package io.portcullis;

import io.portcullis.auth.Client;
import io.portcullis.auth.ClientStatus;
import io.portcullis.registry.Author;
import io.portcullis.registry.ClientDetails;
import io.portcullis.registry.ClientDirectory;
import io.portcullis.registry.ClientPage;
import io.portcullis.registry.RegistryException;
import io.portcullis.registry.Written;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "client", description = "Clients and their keys.")
final class ClientCommands {

    private static final int MOST_SHOWN = 1000;
    private static final String ID = "Client id, or a code that only one client has.";
    private static final String REASON = "Goes into the audit.";

    private final Shell shell;

    ClientCommands(Shell shell) {
        this.shell = shell;
    }

    @Command(description = "Shows a client and its keys, as PostgreSQL has them.")
    int show(
            @Parameters(paramLabel = "ID", description = ID) String id,
            @Mixin InstallationOptions options,
            @Mixin Output output)
            throws CommandException, RegistryException {
        ClientDetails found;
        try (Session session = Session.open(options.find(shell))) {
            ClientDirectory directory = session.directory();
            found = session.await(
                    deadline -> directory.idOf(id, deadline).compose(clientId -> directory.show(clientId, deadline)));
        }
        if (output.asJson()) {
            output.json(ClientView.json(found));
        } else {
            output.text(ClientView.text(found));
        }
        return ExitCode.OK;
    }

    @Command(description = "Lists clients in the order of their ids.")
    int list(
            @Option(
                            names = "--limit",
                            paramLabel = "N",
                            defaultValue = "50",
                            description = "So many at most, 1 to " + MOST_SHOWN + "; ${DEFAULT-VALUE} by default.")
                    int limit,
            @Option(names = "--after", paramLabel = "ID", description = "Those behind this client id.") @Nullable
                    String after,
            @Option(
                            names = "--status",
                            paramLabel = "STATUS",
                            description = "Those with this status: ${COMPLETION-CANDIDATES}.")
                    @Nullable
                    ClientStatus status,
            @Mixin InstallationOptions options,
            @Mixin Output output)
            throws CommandException, RegistryException {
        if (limit < 1 || limit > MOST_SHOWN) {
            throw output.misuse("--limit is 1 to " + MOST_SHOWN + ", not " + limit);
        }
        if (after != null && !ClientDirectory.isId(after)) {
            throw output.misuse("--after is a client id, not '" + after + "'");
        }
        ClientPage page;
        try (Session session = Session.open(options.find(shell))) {
            page = session.await(deadline -> session.directory().list(after, status, limit, deadline));
        }
        if (output.asJson()) {
            output.json(ClientView.json(page));
        } else {
            output.text(ClientView.text(page));
        }
        if (page.more()) {
            output.note("There are more: --after "
                    + page.clients().get(page.clients().size() - 1).clientId());
        }
        return ExitCode.OK;
    }

    @Command(description = "Refuses an active client until it is reactivated.")
    int suspend(
            @Parameters(paramLabel = "ID", description = ID) String id,
            @Option(names = "--reason", paramLabel = "TEXT", description = REASON) @Nullable String reason,
            @Mixin Seen seen,
            @Mixin InstallationOptions options,
            @Mixin Output output)
            throws CommandException, RegistryException {
        return change(id, ClientStatus.SUSPENDED, reason, seen, options, output);
    }

    @Command(description = "Lets a suspended client in again.")
    int reactivate(
            @Parameters(paramLabel = "ID", description = ID) String id,
            @Option(names = "--reason", paramLabel = "TEXT", description = REASON) @Nullable String reason,
            @Mixin Seen seen,
            @Mixin InstallationOptions options,
            @Mixin Output output)
            throws CommandException, RegistryException {
        return change(id, ClientStatus.ACTIVE, reason, seen, options, output);
    }

    @Command(description = "Refuses a client for good: there is no way back.")
    int revoke(
            @Parameters(paramLabel = "ID", description = ID) String id,
            @Option(names = "--reason", paramLabel = "TEXT", description = REASON) @Nullable String reason,
            @Mixin Seen seen,
            @Mixin InstallationOptions options,
            @Mixin Output output)
            throws CommandException, RegistryException {
        return change(id, ClientStatus.REVOKED, reason, seen, options, output);
    }

    private int change(
            String id,
            ClientStatus status,
            @Nullable String reason,
            Seen seen,
            InstallationOptions options,
            Output output)
            throws CommandException, RegistryException {
        seen.check(output);
        Author author = new Author(Seen.actor(shell), reason, null);
        Client client;
        Seen.Sight sight;
        try (Session session = Session.open(options.find(shell))) {
            Written written = session.write((registry, deadline) -> session.directory()
                    .idOf(id, deadline)
                    .compose(clientId -> registry.updateStatus(clientId, status, author, deadline)));
            client = written.client();
            sight = seen.of(written.position(), session, output);
        }
        if (output.asJson()) {
            output.json(sight.addTo(new JsonObject()
                    .put("client_id", client.clientId())
                    .put("client_code", client.clientCode())
                    .put("status", client.status().name())
                    .put("version", client.version())));
        } else {
            output.text(new TextTable()
                            .row("Client id", client.clientId())
                            .row("Code", client.clientCode())
                            .row("Status", client.status())
                            .render()
                    + sight.text());
        }
        return sight.exit(output);
    }
}
