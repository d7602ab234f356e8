package io.portcullis;

import io.portcullis.auth.ApiKey;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientStatus;
import io.portcullis.bus.Deadline;
import io.portcullis.config.Cidrs;
import io.portcullis.registry.Author;
import io.portcullis.registry.ClientDirectory;
import io.portcullis.registry.ClientDraft;
import io.portcullis.registry.ClientRegistry;
import io.portcullis.registry.KeyDraft;
import io.portcullis.registry.RegistryException;
import io.portcullis.registry.Written;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "create", description = "Creates an active client with one key, and prints the key, this once.")
final class ClientCreateCommand implements Callable<Integer> {

    @Option(names = "--code", required = true, paramLabel = "CODE", description = "What people call the client.")
    private String code = "";

    @Option(names = "--tenant", paramLabel = "TENANT", description = "Tenant that it belongs to.")
    private @Nullable String tenant;

    @Option(names = "--owner", paramLabel = "USER", description = "User that owns it.")
    private @Nullable String owner;

    @Option(
            names = "--allow",
            paramLabel = "CIDR",
            description = "Network it may call from; give it several times for several. Without it, any address.")
    private List<String> allowed = new ArrayList<>();

    @Option(names = "--rate", paramLabel = "N", description = "Requests per window; without it, as configured.")
    private @Nullable Integer rate;

    @Option(names = "--bap-id", paramLabel = "ID", description = "Goes out in X-Bap-Id.")
    private @Nullable String bapId;

    @Option(names = "--bap-uri", paramLabel = "URI", description = "Goes out in X-Bap-Uri.")
    private @Nullable String bapUri;

    @Option(names = "--scope", paramLabel = "SCOPE", description = "What it may do; give it several times for several.")
    private List<String> scopes = new ArrayList<>();

    @Option(names = "--name", paramLabel = "NAME", description = "What people call the key.")
    private @Nullable String keyName;

    @Option(
            names = "--env",
            paramLabel = "ENV",
            defaultValue = "live",
            description = "Stands in the key: pk_ENV_…; ${DEFAULT-VALUE} by default.")
    private String environment = "live";

    @Option(names = "--id", paramLabel = "UUID", description = "Client id; without it, a random one.")
    private @Nullable String id;

    @Mixin
    private final Seen seen = new Seen();

    @Mixin
    private final InstallationOptions options = new InstallationOptions();

    @Mixin
    private final Output output = new Output();

    private final Shell shell;

    ClientCreateCommand(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() throws CommandException, RegistryException {
        ClientDraft client = draft();
        String key = key();
        Installation installation = options.find(shell);
        KeyDraft keyDraft = KeyDraft.of(key, installation.pepper(), keyName);
        Seen.Sight sight;
        List<String> namesakes;
        seen.check(output);
        try (Session session = Session.open(installation)) {
            // Asked first: what may fail once the client is there would keep its key from being shown.
            namesakes = session.await(deadline -> session.directory().idsOf(code, deadline));
            Written written = session.write((registry, deadline) -> create(registry, client, keyDraft, deadline));
            sight = print(written, key, keyDraft, session);
        }
        if (!namesakes.isEmpty()) {
            output.note("Other clients have the code " + code + ", too: name this one by its id.");
        }
        return sight.exit(output);
    }

    /** An upsert would overwrite the client that has the id. */
    private Future<Written> create(ClientRegistry registry, ClientDraft client, KeyDraft key, Deadline deadline) {
        Author author = Author.of(Seen.actor(shell));
        if (id == null) {
            return registry.upsert(client, List.of(key), author, deadline);
        }
        return registry.getByClientId(client.clientId(), deadline)
                .compose(found -> found.value() == null
                        ? registry.upsert(client, List.of(key), author, deadline)
                        : Future.failedFuture(RegistryException.taken(client.clientId())));
    }

    /** For people the key comes first: whatever happens while they wait, they have it. */
    private Seen.Sight print(Written written, String key, KeyDraft draft, Session session) {
        Client client = written.client();
        if (!output.asJson()) {
            output.text(new TextTable()
                            .row("Client id", client.clientId())
                            .row("Code", client.clientCode())
                            .row("Status", client.status())
                            .row("Key", key)
                            .render()
                    + "The key is shown this once and stored nowhere.");
        }
        Seen.Sight sight = seen.of(written.position(), session, output);
        if (output.asJson()) {
            output.json(sight.addTo(new JsonObject()
                    .put("client_id", client.clientId())
                    .put("client_code", client.clientCode())
                    .put("status", client.status().name())
                    .put("key", key)
                    .put("key_prefix", draft.prefix())));
        } else {
            output.text(sight.text());
        }
        return sight;
    }

    private String key() {
        try {
            return ApiKey.generate(environment, new SecureRandom());
        } catch (IllegalArgumentException e) {
            throw output.misuse("--env: " + e.getMessage());
        }
    }

    /** Checked here, so that nothing is written that the gateway would refuse to serve. */
    private ClientDraft draft() {
        if (code.isBlank()) {
            throw output.misuse("--code is empty");
        }
        if (rate != null && rate < 1) {
            throw output.misuse("--rate is at least 1, not " + rate);
        }
        if (id != null && !ClientDirectory.isId(id)) {
            throw output.misuse("--id is a UUID such as " + new UUID(0, 1) + ", not '" + id + "'");
        }
        for (String network : allowed) {
            String fault = Cidrs.fault(network);
            if (fault != null) {
                throw output.misuse("--allow " + network + ": " + fault);
            }
        }
        UUID clientId = id == null ? UUID.randomUUID() : UUID.fromString(id);
        ClientDraft draft = new ClientDraft(
                clientId.toString(),
                code,
                tenant,
                owner,
                null,
                bapId,
                bapUri,
                allowed,
                rate,
                ClientStatus.ACTIVE,
                scopes,
                null,
                null);
        String fault = draft.fault();
        if (fault != null) {
            throw output.misuse(fault + ": visible ASCII only, no blank at an end or within a scope");
        }
        return draft;
    }
}
