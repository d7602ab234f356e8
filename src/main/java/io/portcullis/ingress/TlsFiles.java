package io.portcullis.ingress;

import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where the certificate of the data plane and its key lie.
 *
 * @param certificate PEM, the server's own first, then its chain
 * @param key PEM, not encrypted
 * @param clientCa PEM, those who sign clients' certificates; null where clients are not asked for any
 */
public record TlsFiles(Path certificate, Path key, @Nullable Path clientCa) {

    /** Far above any chain. */
    private static final int MOST_BYTES = 1 << 20;

    /** What is in the files now: equal contents are equal. */
    record Content(Buffer certificate, Buffer key, @Nullable Buffer clientCa) {

        /** One of them is a secret. */
        @Override
        public String toString() {
            return "TLS files ***";
        }
    }

    /** Reads the files; not for an event loop. */
    Content read() throws TlsException {
        return new Content(bytes(certificate), bytes(key), clientCa == null ? null : bytes(clientCa));
    }

    private static Buffer bytes(Path file) throws TlsException {
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw new TlsException(file + ": larger than any PEM file");
            }
            return Buffer.buffer(Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            throw new TlsException(file + ": no such file");
        } catch (IOException e) {
            throw new TlsException(file + ": cannot be read (" + e.getClass().getSimpleName() + ")");
        }
    }
}
