package io.portcullis.testing;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;
import org.jspecify.annotations.Nullable;

/** A certificate authority made on the spot, and what it signs: for servers at 127.0.0.1 and for their clients. */
public final class TestAuthority {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Duration LONG = Duration.ofDays(30);

    private final Pair own;

    /** A certificate with its key, and the chain behind it as a server or client sends it. */
    public record Pair(X509Certificate certificate, KeyPair keys) {

        /** Writes the certificate. */
        public Path certificateTo(Path file) {
            return write(file, pem(certificate));
        }

        /** Writes the key as PKCS#8. */
        public Path keyTo(Path file) {
            return write(file, pem(pkcs8(keys.getPrivate())));
        }

        /** Writes the key as PKCS#1 or SEC 1, whichever its kind has. */
        public Path traditionalKeyTo(Path file) {
            return write(file, pem(traditional(keys.getPrivate())));
        }
    }

    public TestAuthority(String name) {
        KeyPair keys = keys("EC");
        own = signed(new X500Name("CN=" + name), keys, new X500Name("CN=" + name), keys, LONG, true);
    }

    public X509Certificate certificate() {
        return own.certificate();
    }

    public Path certificateTo(Path file) {
        return own.certificateTo(file);
    }

    /** A server's certificate, for 127.0.0.1 and localhost. */
    public Pair server() {
        return server("EC", LONG);
    }

    /**
     * The same.
     *
     * @param algorithm RSA or EC
     * @param validity from now; one that is negative has passed
     */
    public Pair server(String algorithm, Duration validity) {
        return signed(
                new X500Name("CN=gateway"),
                keys(algorithm),
                new X500Name(own.certificate().getSubjectX500Principal().getName()),
                own.keys(),
                validity,
                false,
                new GeneralName(GeneralName.iPAddress, "127.0.0.1"),
                new GeneralName(GeneralName.dNSName, "localhost"));
    }

    /** A client's certificate with these names. */
    public Pair client(String commonName, GeneralName... names) {
        return client(commonName, LONG, names);
    }

    /** The same, valid for so long. */
    public Pair client(String commonName, Duration validity, GeneralName... names) {
        return signed(
                new X500Name("CN=" + commonName),
                keys("EC"),
                new X500Name(own.certificate().getSubjectX500Principal().getName()),
                own.keys(),
                validity,
                false,
                names);
    }

    /** What somebody who trusts this authority connects with; with a certificate of his own where one is given. */
    public SSLContext context(@Nullable Pair client) throws GeneralSecurityException, IOException {
        KeyStore trusted = empty();
        trusted.setCertificateEntry("ca", own.certificate());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        KeyManagerFactory identity = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        KeyStore mine = empty();
        if (client != null) {
            mine.setKeyEntry(
                    "me", client.keys().getPrivate(), new char[0], new X509Certificate[] {client.certificate()});
        }
        identity.init(mine, new char[0]);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(identity.getKeyManagers(), trust.getTrustManagers(), RANDOM);
        return context;
    }

    /** A name for a client's certificate. */
    public static GeneralName uri(String uri) {
        return new GeneralName(GeneralName.uniformResourceIdentifier, uri);
    }

    /** A name for a client's certificate. */
    public static GeneralName host(String name) {
        return new GeneralName(GeneralName.dNSName, name);
    }

    /** A TLS connection to a port of this machine, its handshake done. */
    public static SSLSocket connect(SSLContext context, int port, String... protocols) throws IOException {
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(10_000);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(protocols);
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    private static KeyStore empty() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static KeyPair keys(String algorithm) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
            generator.initialize(algorithm.equals("RSA") ? 2048 : 256);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Pair signed(
            X500Name subject,
            KeyPair keys,
            X500Name issuer,
            KeyPair issuerKeys,
            Duration validity,
            boolean authority,
            GeneralName... names) {
        Instant now = Instant.now();
        Instant from = now.minus(LONG);
        X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                issuer,
                new BigInteger(64, RANDOM),
                Date.from(from),
                Date.from(now.plus(validity)),
                subject,
                keys.getPublic());
        try {
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
            if (names.length > 0) {
                builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
            }
            return new Pair(
                    new JcaX509CertificateConverter()
                            .getCertificate(builder.build(
                                    new JcaContentSignerBuilder("SHA256withECDSA").build(issuerKeys.getPrivate()))),
                    keys);
        } catch (OperatorCreationException | GeneralSecurityException | CertIOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Object pkcs8(PrivateKey key) {
        try {
            return new JcaPKCS8Generator(key, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** With its curve, as openssl writes it. */
    private static Object traditional(PrivateKey key) {
        if (!(key instanceof ECPrivateKey point)) {
            return key;
        }
        try {
            return new PemObject(
                    "EC PRIVATE KEY",
                    new org.bouncycastle.asn1.sec.ECPrivateKey(256, point.getS(), SECObjectIdentifiers.secp256r1)
                            .getEncoded());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String pem(Object thing) {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(thing);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private static Path write(Path file, String text) {
        try {
            // Moved into its place: whoever watches the file sees the whole of it.
            Path whole = Files.writeString(file.resolveSibling(file.getFileName() + ".new"), text);
            return Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
