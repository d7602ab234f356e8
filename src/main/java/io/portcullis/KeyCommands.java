package io.portcullis;

import io.portcullis.auth.Pepper;
import io.portcullis.auth.SecretHash;
import io.portcullis.auth.SlowHash;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "key", description = "Secrets and their hashes.")
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
