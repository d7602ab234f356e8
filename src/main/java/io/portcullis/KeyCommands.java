package io.portcullis;

import io.portcullis.auth.Pepper;
import io.portcullis.auth.Peppers;
import io.portcullis.auth.SecretHash;
import io.portcullis.auth.SlowHash;
import io.portcullis.registry.PgPeppers;
import io.portcullis.registry.RegistryException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "key", description = "Secrets, their hashes, and the peppers that keys stand under.")
final class KeyCommands {

    /** As long as the gateway reads a credential. */
    private static final int MOST_BYTES = 8192;

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
        String secret = secret(output);
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
