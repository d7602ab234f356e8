package io.portcullis.config;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/** Text that must not be shown. It leaves only through {@link #reveal()}, so that a search for callers finds every use. */
public final class Secret {
    /** What is shown in place of a secret. */
    public static final String MASK = "***";

    private final String text;

    public Secret(String text) {
        this.text = text;
    }

    public String reveal() {
        return text;
    }

    public byte[] utf8() {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** In characters (code points), as an operator counts them. */
    public int length() {
        return text.codePointCount(0, text.length());
    }

    /** In constant time for equal lengths: a token compared with this tells nothing about its first wrong character. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Secret secret && MessageDigest.isEqual(utf8(), secret.utf8());
    }

    /** One value for all: a hash of the text would be a fingerprint of it. Secrets are no keys of large maps. */
    @Override
    public int hashCode() {
        return Secret.class.hashCode();
    }

    @Override
    public String toString() {
        return MASK;
    }
}
