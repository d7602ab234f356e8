package io.portcullis.ingress;

import io.vertx.core.Vertx;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Instant;
import javax.net.ssl.KeyManager;
import javax.net.ssl.X509KeyManager;
import org.jspecify.annotations.Nullable;

/**
 * A certificate, the private key that is known to belong to it, and whose clients are believed.
 *
 * @param content what it was made of
 * @param pair certificate and key, as Vert.x takes them
 * @param clientCa null where clients are not asked for a certificate
 * @param expires when the server's own certificate ends
 */
record TlsIdentity(
        TlsFiles.Content content,
        PemKeyCertOptions pair,
        @Nullable PemTrustOptions clientCa,
        Instant expires) {

    private static final byte[] PROBE = "portcullis".getBytes(StandardCharsets.US_ASCII);

    /**
     * Reads the PEM texts and holds them against each other. Takes milliseconds; not for an event loop.
     *
     * @throws TlsException for what cannot be read, and for a key that is another certificate's: TLS itself would notice only in each
     *     handshake
     */
    static TlsIdentity of(TlsFiles files, TlsFiles.Content content, Vertx vertx) throws TlsException {
        PemKeyCertOptions pair =
                new PemKeyCertOptions().addCertValue(content.certificate()).addKeyValue(content.key());
        X509KeyManager manager = manager(files, pair, vertx);
        for (String type : new String[] {"RSA", "EC"}) {
            String[] aliases = manager.getServerAliases(type, null);
            if (aliases != null && aliases.length > 0) {
                X509Certificate own = manager.getCertificateChain(aliases[0])[0];
                if (!belong(own, manager.getPrivateKey(aliases[0]))) {
                    throw new TlsException(files.key() + ": not the key of the certificate in " + files.certificate());
                }
                return new TlsIdentity(
                        content,
                        pair,
                        clientCa(files, content, vertx),
                        own.getNotAfter().toInstant());
            }
        }
        throw new TlsException(files.certificate() + ": neither an RSA nor an EC certificate");
    }

    private static X509KeyManager manager(TlsFiles files, PemKeyCertOptions pair, Vertx vertx) throws TlsException {
        try {
            for (KeyManager manager : pair.getKeyManagerFactory(vertx).getKeyManagers()) {
                if (manager instanceof X509KeyManager found) {
                    return found;
                }
            }
        } catch (Exception e) {
            // Its message may quote what it could not read; some of that is the key.
            throw new TlsException(files.certificate() + " and " + files.key()
                    + ": not a PEM certificate and its RSA or EC private key (PKCS#8, PKCS#1 or SEC 1, not encrypted)");
        }
        throw new TlsException(files.certificate() + ": this Java has no X.509 key manager");
    }

    private static @Nullable PemTrustOptions clientCa(TlsFiles files, TlsFiles.Content content, Vertx vertx)
            throws TlsException {
        if (content.clientCa() == null) {
            return null;
        }
        PemTrustOptions trust = new PemTrustOptions().addCertValue(content.clientCa());
        try {
            trust.getTrustManagerFactory(vertx);
        } catch (Exception e) {
            throw new TlsException(files.clientCa() + ": no PEM certificate that can be read");
        }
        return trust;
    }

    private static boolean belong(X509Certificate certificate, PrivateKey key) {
        String algorithm = key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
        try {
            Signature signer = Signature.getInstance(algorithm);
            signer.initSign(key);
            signer.update(PROBE);
            byte[] signed = signer.sign();
            Signature verifier = Signature.getInstance(algorithm);
            verifier.initVerify(certificate.getPublicKey());
            verifier.update(PROBE);
            return verifier.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
