package io.portcullis.auth;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The secret of the installation under which keys are digested (HMAC-SHA-256, RFC 2104): who has the database but not the pepper can
 * neither test a guess nor make a row that lets him in. Sub-keys for other uses are derived from it under a label.
 *
 * <p>Thread-safe.
 */
public final class Pepper {

    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec key;
    private final String id;

    public Pepper(String secret) {
        this.key = new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM);
        this.id = HexFormat.of().formatHex(derive("portcullis pepper id"), 0, 4);
    }

    /** Eight hexadecimal digits that name this pepper without telling anything of it; stored beside each digest. */
    public String id() {
        return id;
    }

    public KeyDigest digest(String apiKey) {
        return KeyDigest.of(mac(apiKey.getBytes(StandardCharsets.ISO_8859_1)));
    }

    /** A key of 32 bytes for another use, independent of all with another label. */
    public byte[] derive(String label) {
        return mac(label.getBytes(StandardCharsets.UTF_8));
    }

    byte[] mac(byte[] message) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac.doFinal(message);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }

    @Override
    public String toString() {
        return "pepper " + id;
    }
}
