package io.portcullis;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** A secret from standard input, or from the person at the terminal, who sees no echo. Never an argument: others can read those. */
final class SecretInput {

    /** As long as the gateway reads a credential. */
    private static final int MOST_BYTES = 8192;

    private SecretInput() {}

    /** Each byte as one character, as the gateway reads what a caller sends. */
    static String read(Shell shell, String question, Output output) throws IOException, CommandException {
        byte[] bytes;
        Shell.Terminal terminal = shell.terminal();
        if (terminal == null) {
            bytes = shell.in().readNBytes(MOST_BYTES + 2);
        } else {
            char[] typed = terminal.askSecret(question);
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
