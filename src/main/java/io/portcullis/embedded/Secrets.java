package io.portcullis.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.function.Supplier;

/** Random secrets that are made once and kept in files which only their owner can read. */
public final class Secrets {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int BYTES = 24;

    private Secrets() {}

    /** 192 random bits as 32 characters of {@code A–Z a–z 0–9 - _}: safe in a URL, a shell, SQL and a configuration file. */
    public static String random() {
        byte[] bytes = new byte[BYTES];
        RANDOM.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /**
     * The secret in {@code file}; where there is no such file it is made, with mode 0600 from its first moment and with its folder (0700)
     * where that is missing. Of several callers at once, in any process, all get the same answer. A line end at the end of the file does
     * not count, so that an operator may write the file with an editor.
     *
     * @throws IOException the file cannot be read or made, or it is empty
     */
    public static String readOrCreate(Path file, Supplier<String> maker) throws IOException {
        try {
            return read(file);
        } catch (NoSuchFileException e) {
            Path folder = file.toAbsolutePath().getParent();
            if (folder != null && !Files.isDirectory(folder)) {
                Files.createDirectories(
                        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            String made = maker.get();
            return AtomicFile.create(file, made + "\n") ? made : read(file);
        }
    }

    private static String read(Path file) throws IOException {
        String secret = Files.readString(file).stripTrailing();
        if (secret.isEmpty()) {
            throw new IOException("the secret file " + file + " is empty: write the secret into it, or delete it");
        }
        return secret;
    }
}
