package io.portcullis.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The passwords of the two roles, made once. The files come last, after the cluster knows the passwords: a crash between leaves a cluster
 * without files, which the next start takes for lost ones and sets anew.
 *
 * @param fresh they were made just now, and neither the cluster nor the files know them yet
 */
record PostgresPasswords(String superuser, String application, boolean fresh) {
    static PostgresPasswords of(DataFolder folder) throws EmbeddedException {
        try {
            return Files.exists(superuserFile(folder)) && Files.exists(applicationFile(folder))
                    ? new PostgresPasswords(
                            Secrets.readOrCreate(superuserFile(folder), Secrets::random),
                            Secrets.readOrCreate(applicationFile(folder), Secrets::random),
                            false)
                    : new PostgresPasswords(Secrets.random(), Secrets.random(), true);
        } catch (IOException e) {
            throw new EmbeddedException("cannot read the database passwords in " + folder.secrets() + ": " + e, e);
        }
    }

    /** Called when the cluster knows them. */
    void keep(DataFolder folder) throws EmbeddedException {
        if (!fresh) {
            return;
        }
        try {
            AtomicFile.write(superuserFile(folder), superuser + "\n");
            AtomicFile.write(applicationFile(folder), application + "\n");
        } catch (IOException e) {
            throw new EmbeddedException("cannot keep the database passwords in " + folder.secrets() + ": " + e, e);
        }
    }

    private static Path superuserFile(DataFolder folder) {
        return folder.secrets().resolve("postgres-superuser-password");
    }

    private static Path applicationFile(DataFolder folder) {
        return folder.secrets().resolve("postgres-password");
    }

    @Override
    public String toString() {
        return "PostgresPasswords[fresh=" + fresh + "]";
    }
}
