package io.portcullis.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The passwords of the two roles, made once.
 *
 * @param fresh at least one was made just now: what the cluster knows, if there is one, is something else
 */
record PostgresPasswords(String superuser, String application, boolean fresh) {
    static PostgresPasswords of(DataFolder folder) throws EmbeddedException {
        Path superuser = folder.secrets().resolve("postgres-superuser-password");
        Path application = folder.secrets().resolve("postgres-password");
        boolean fresh = !Files.exists(superuser) || !Files.exists(application);
        try {
            return new PostgresPasswords(
                    Secrets.readOrCreate(superuser, Secrets::random),
                    Secrets.readOrCreate(application, Secrets::random),
                    fresh);
        } catch (IOException e) {
            throw new EmbeddedException("cannot keep the database passwords in " + folder.secrets() + ": " + e, e);
        }
    }

    @Override
    public String toString() {
        return "PostgresPasswords[fresh=" + fresh + "]";
    }
}
