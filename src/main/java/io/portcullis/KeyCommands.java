package io.portcullis;

import io.portcullis.auth.CertificateIdentity;
import io.portcullis.auth.Client;
import io.portcullis.auth.SecretHash;
import io.portcullis.registry.Author;
import io.portcullis.registry.KeyDraft;
import io.portcullis.registry.RegistryException;
import io.portcullis.registry.Written;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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

@Command(name = "key", description = "Secrets and their hashes, and certificates that are keys.")
final class KeyCommands {

    /** As long as the gateway reads a credential. */
    private static final int MOST_BYTES = 8192;

    /** Kinds of hash, by the names that the hashes begin with. */
    enum Kind {
        SHA256("sha256"),
        HMAC_SHA256("hmac-sha256");

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
                "Both kinds are for secrets that a machine made: neither slows a guesser down."
            })
    int hash(
            @Mixin InstallationOptions installation,
            @Mixin Output output,
            @Option(
                            names = "--kind",
                            paramLabel = "KIND",
                            defaultValue = "hmac-sha256",
                            description = "hmac-sha256, under this installation's pepper (the default), or sha256.")
                    Kind kind)
            throws CommandException, IOException {
        String hash;
        if (kind == Kind.SHA256) {
            hash = SecretHash.sha256Of(secret(output));
        } else {
            var pepper = installation.pepper(shell);
            hash = SecretHash.of(secret(output), pepper);
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

    /** Each byte as one character, as the gateway reads what a caller sends. */
    private String secret(Output output) throws IOException, CommandException {
        byte[] bytes;
        Shell.Terminal terminal = shell.terminal();
        if (terminal == null) {
            bytes = shell.in().readNBytes(MOST_BYTES + 2);
        } else {
            char[] typed = terminal.askSecret("Secret: ");
            bytes = typed == null ? new byte[0] : new String(typed).getBytes(StandardCharsets.UTF_8);
        }
        String secret = withoutLineEnd(new String(bytes, StandardCharsets.ISO_8859_1));
        if (secret.isEmpty()) {
            throw output.misuse("No secret came: write it to standard input.");
        }
        if (secret.length() > MOST_BYTES) {
            throw new CommandException("a secret has at most " + MOST_BYTES + " bytes");
        }
        if (secret.chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
            throw new CommandException("the secret has a line end or another control character in it");
        }
        return secret;
    }

    private static String withoutLineEnd(String text) {
        int end = text.length();
        if (end > 0 && text.charAt(end - 1) == '\n') {
            end--;
            if (end > 0 && text.charAt(end - 1) == '\r') {
                end--;
            }
        }
        return text.substring(0, end);
    }
}
