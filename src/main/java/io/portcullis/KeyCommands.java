package io.portcullis;

import io.portcullis.auth.CertificateIdentity;
import io.portcullis.auth.Client;
import io.portcullis.auth.Pepper;
import io.portcullis.auth.Peppers;
import io.portcullis.auth.SecretHash;
import io.portcullis.auth.SlowHash;
import io.portcullis.registry.Author;
import io.portcullis.registry.KeyDraft;
import io.portcullis.registry.PgPeppers;
import io.portcullis.registry.RegistryException;
import io.portcullis.registry.Written;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "key",
        description =
                "Keys of clients; secrets and their hashes, certificates that are keys, and the peppers that keys stand under.")
final class KeyCommands {

    /** Kinds of hash, by the names that the hashes begin with. */
    enum Kind {
        SHA256("sha256"),
        HMAC_SHA256("hmac-sha256"),
        BCRYPT("bcrypt"),
        ARGON2ID("argon2id");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    private final Shell shell;

    KeyCommands(Shell shell) {
        this.shell = shell;
    }

    @Command(
            description = {
                "Prints what to put into client_secret_hash for a secret.",
                "The secret is read from standard input, or asked for without echo; never give it as an argument.",
                "hmac-sha256 and sha256 are for secrets that a machine made: neither slows a guesser down.",
                "bcrypt (cost 10, at most 72 bytes) and argon2id (19 MiB, 2 passes) do, and cost the gateway a check at first use."
            })
    int hash(
            @Mixin InstallationOptions installation,
            @Mixin Output output,
            @Option(
                            names = "--kind",
                            paramLabel = "KIND",
                            defaultValue = "hmac-sha256",
                            description =
                                    "hmac-sha256, under this installation's pepper (the default), sha256, bcrypt or argon2id.")
                    Kind kind)
            throws CommandException, IOException {
        // The pepper first: nobody should type a secret for nothing.
        Pepper pepper = kind == Kind.HMAC_SHA256 ? installation.pepper(shell) : null;
        String secret = SecretInput.read(shell, "Secret: ", output);
        String hash;
        if (pepper != null) {
            hash = SecretHash.of(secret, pepper);
        } else if (kind == Kind.SHA256) {
            hash = SecretHash.sha256Of(secret);
        } else {
            hash = slow(kind, secret);
        }
        if (output.asJson()) {
            output.json(new JsonObject().put("client_secret_hash", hash));
        } else {
            output.text(hash);
        }
        return ExitCode.OK;
    }

    @Command(
            description = {
                "Counts the keys and secrets that stand under each pepper: active keys that have not expired, hmac-sha256 secrets.",
                "When none is left under a former one, it may be taken out of auth.former-peppers."
            })
    int peppers(@Mixin InstallationOptions options, @Mixin Output output) throws CommandException, RegistryException {
        Installation installation = options.find(shell);
        Peppers known = installation.peppers();
        List<PgPeppers.Standing> standing;
        try (Session session = Session.open(installation)) {
            standing = session.peppers();
        }
        if (output.asJson()) {
            JsonArray list = new JsonArray();
            standing.forEach(one -> list.add(new JsonObject()
                    .put("pepper_id", one.pepperId())
                    .put("role", role(known, one.pepperId()))
                    .put("keys", one.keys())
                    .put("secrets", one.secrets())));
            output.json(list);
        } else {
            TextTable table = new TextTable().row("PEPPER", "ROLE", "KEYS", "SECRETS");
            standing.forEach(one -> table.row(one.pepperId(), role(known, one.pepperId()), one.keys(), one.secrets()));
            output.text(table.render());
        }
        return ExitCode.OK;
    }

    private static String role(Peppers known, String id) {
        int at = known.ids().indexOf(id);
        if (at <= 0) {
            return at == 0 ? "current" : "unknown";
        }
        return at <= known.former().size() ? "former" : "next";
    }

    private static String slow(Kind kind, String secret) throws CommandException {
        try {
            SecureRandom random = new SecureRandom();
            return kind == Kind.BCRYPT ? SlowHash.bcrypt(secret, random) : SlowHash.argon2id(secret, random);
        } catch (IllegalArgumentException e) {
            throw new CommandException(String.valueOf(e.getMessage()), e);
        }
    }

    @Command(
            description = {
                "Lets a client in by its TLS certificate, as if that were one of its keys.",
                "The gateway must ask for certificates (server.tls.client-auth) and believe who has signed this one."
            })
    int certificate(
            @Parameters(
                            paramLabel = "FILE",
                            description = "The client's certificate, PEM or DER. Its key is not asked for.")
                    Path file,
            @Option(
                            names = "--client",
                            required = true,
                            paramLabel = "ID",
                            description = "Client id, or a code that only one client has.")
                    String id,
            @Option(names = "--name", paramLabel = "NAME", description = "What people call it.") @Nullable String name,
            @Mixin Seen seen,
            @Mixin InstallationOptions options,
            @Mixin Output output)
            throws CommandException, RegistryException {
        seen.check(output);
        Installation installation = options.find(shell);
        X509Certificate certificate = read(file);
        CertificateIdentity identity = installation.config().server().tls().clientIdentity();
        String certificateName = identity.nameOf(certificate);
        if (certificateName == null) {
            throw new CommandException(file + " has no URI name of its own, and not exactly one DNS name either"
                    + " (server.tls.client-identity is " + identity + ")");
        }
        KeyDraft key = KeyDraft.ofCertificate(
                certificateName,
                installation.pepper(),
                name,
                identity == CertificateIdentity.FINGERPRINT
                        ? certificate.getNotAfter().toInstant()
                        : null);
        Author author = Author.of(Seen.actor(shell));
        Client client;
        Seen.Sight sight;
        try (Session session = Session.open(installation)) {
            Written written = session.write((registry, deadline) -> session.directory()
                    .idOf(id, deadline)
                    .compose(clientId -> registry.addKeys(clientId, List.of(key), author, deadline)));
            client = written.client();
            sight = seen.of(written.position(), session, output);
        }
        if (output.asJson()) {
            output.json(sight.addTo(
                    new JsonObject().put("client_id", client.clientId()).put("certificate", certificateName)));
        } else {
            output.text(new TextTable()
                            .row("Client id", client.clientId())
                            .row("Certificate", certificateName)
                            .render()
                    + sight.text());
        }
        return sight.exit(output);
    }

    private static X509Certificate read(Path file) throws CommandException {
        try (InputStream in = Files.newInputStream(file)) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        } catch (IOException e) {
            throw new CommandException(file + " cannot be read (" + e.getClass().getSimpleName() + ")", e);
        } catch (CertificateException e) {
            throw new CommandException(file + " is no X.509 certificate, neither PEM nor DER", e);
        }
    }
}
