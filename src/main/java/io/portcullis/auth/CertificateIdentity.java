package io.portcullis.auth;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What of a client's certificate says who the client is ({@code server.tls.client-identity}). The name that is made of it is stored and
 * looked up like a key; it is no secret, and no key can look like it.
 */
public enum CertificateIdentity {
    /** The certificate itself: another one of the same client is another name. */
    FINGERPRINT("fingerprint"),
    /** Its one URI name (RFC 5280 §4.2.1.6), as SPIFFE has it; without any, its one DNS name. A renewed certificate is the same client. */
    SAN("san");

    private static final int DNS = 2;
    private static final int URI = 6;

    private final String text;

    CertificateIdentity(String text) {
        this.text = text;
    }

    /**
     * Reads one as the configuration writes it.
     *
     * @throws IllegalArgumentException naming those there are
     */
    public static CertificateIdentity parse(String text) {
        for (CertificateIdentity identity : values()) {
            if (identity.text.equals(text)) {
                return identity;
            }
        }
        throw new IllegalArgumentException("expected fingerprint or san");
    }

    /**
     * The name of a certificate: {@code x509-sha256:} and 64 hexadecimal digits, or {@code x509-san:uri:} or {@code x509-san:dns:} and the name
     * in it.
     *
     * @return null where it has none, or several and so none that could be told apart
     */
    public @Nullable String nameOf(X509Certificate certificate) {
        try {
            return this == FINGERPRINT ? fingerprint(certificate) : subject(certificate);
        } catch (GeneralSecurityException e) {
            return null;
        }
    }

    private static String fingerprint(X509Certificate certificate) throws GeneralSecurityException {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
        return "x509-sha256:" + HexFormat.of().formatHex(digest);
    }

    private static @Nullable String subject(X509Certificate certificate) throws CertificateException {
        List<String> uris = names(certificate, URI);
        if (!uris.isEmpty()) {
            return uris.size() == 1 ? checked("x509-san:uri:" + uris.get(0)) : null;
        }
        List<String> hosts = names(certificate, DNS);
        return hosts.size() == 1 ? checked("x509-san:dns:" + hosts.get(0).toLowerCase(Locale.ROOT)) : null;
    }

    private static List<String> names(X509Certificate certificate, int type) throws CertificateException {
        List<String> names = new ArrayList<>();
        Collection<List<?>> all = certificate.getSubjectAlternativeNames();
        if (all != null) {
            for (List<?> name : all) {
                if (name.size() >= 2
                        && Integer.valueOf(type).equals(name.get(0))
                        && name.get(1) instanceof String value) {
                    names.add(value);
                }
            }
        }
        return names;
    }

    /** Visible ASCII only: other characters could fall together where names are digested. */
    private static @Nullable String checked(String name) {
        boolean plain = name.length() <= Credentials.MAX_LENGTH && name.chars().allMatch(c -> c > ' ' && c <= '~');
        return plain ? name : null;
    }

    @Override
    public String toString() {
        return text;
    }
}
