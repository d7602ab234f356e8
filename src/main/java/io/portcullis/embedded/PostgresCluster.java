package io.portcullis.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The database cluster on the disk: made beside its place, with its roles and its database, and renamed when it is complete. */
final class PostgresCluster {
    static final String APPLICATION = "uois_gateway";
    static final String SUPERUSER = "postgres";

    /** Generous: a first start on a slow machine with a slow disk. */
    private static final Duration INITDB = Duration.ofMinutes(2);

    private final DataFolder folder;
    private final Path home;
    private final Launcher launcher;

    PostgresCluster(DataFolder folder, Path home, Launcher launcher) {
        this.folder = folder;
        this.home = home;
        this.launcher = launcher;
    }

    /** On return there is a cluster that knows {@code passwords} and has our configuration. No server may run on it yet. */
    void prepare(PostgresPasswords passwords) throws EmbeddedException {
        Path cluster = folder.postgres();
        try {
            if (!Files.exists(cluster, LinkOption.NOFOLLOW_LINKS)) {
                create(cluster, passwords);
            } else if (!Files.exists(cluster.resolve("PG_VERSION"))) {
                throw new EmbeddedException(
                        cluster + " holds no database cluster (or one that " + System.getProperty("user.name")
                                + " may not read): move it away, or choose another data folder");
            } else {
                configure(cluster);
                if (passwords.fresh()) {
                    // The password files were lost, or a crash came before them; who owns the folder owns the data.
                    new PostmasterPid(cluster).removeIfStale();
                    singleUser(cluster, alterRoles(passwords));
                }
            }
        } catch (IOException e) {
            throw new EmbeddedException("cannot prepare the database cluster " + cluster + ": " + e, e);
        }
    }

    private void create(Path cluster, PostgresPasswords passwords) throws IOException, EmbeddedException {
        Path unfinished = Files.createTempDirectory(folder.root(), DataFolder.UNFINISHED + "postgres-");
        boolean done = false;
        try {
            launcher.own(unfinished);
            if (!Account.hasName(unfinished)) {
                throw new EmbeddedException("PostgreSQL's initdb refuses a user without a name (" + unfinished
                        + " belongs to uid " + Files.getOwner(unfinished).getName()
                        + "): add the user to /etc/passwd, run the gateway as another one, or set postgres.url and"
                        + " redis.url to servers of your own");
            }
            initdb(unfinished);
            configure(unfinished);
            singleUser(
                    unfinished,
                    "CREATE ROLE " + APPLICATION + " LOGIN\n" + "CREATE DATABASE " + APPLICATION + " OWNER "
                            + APPLICATION + "\n" + alterRoles(passwords));
            Files.move(unfinished, cluster);
            AtomicFile.sync(folder.root());
            done = true;
        } finally {
            if (!done) {
                DataFolder.delete(unfinished);
            }
        }
    }

    /** The builtin locale provider needs no locale of the operating system, and sorts the same on every one. */
    private void initdb(Path target) throws EmbeddedException {
        List<String> command = List.of(
                home.resolve("bin/initdb").toString(),
                "--pgdata=" + target,
                "--username=" + SUPERUSER,
                // Nobody gets in before our own pg_hba.conf and passwords are there.
                "--auth=reject",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-instructions");
        ShortRun.run("initdb", launcher.shortRun(command), "", folder.log().resolve("initdb.log"), INITDB);
    }

    /**
     * Runs statements, one a line, without a server that anybody could connect to. The passwords go in by a pipe: no command line and no
     * file has them, and a statement that fails is not logged.
     */
    private void singleUser(Path cluster, String statements) throws EmbeddedException {
        List<String> command = List.of(
                home.resolve("bin/postgres").toString(),
                "--single",
                "-D",
                cluster.toString(),
                "-c",
                "exit_on_error=on",
                "-c",
                "log_min_error_statement=panic",
                "-c",
                "logging_collector=off",
                SUPERUSER);
        ShortRun.run(
                "preparing the roles",
                launcher.shortRun(command),
                statements,
                folder.log().resolve("postgres-roles.log"),
                INITDB);
    }

    private static String alterRoles(PostgresPasswords passwords) {
        return "ALTER ROLE " + SUPERUSER + " PASSWORD '" + quoted(passwords.superuser()) + "'\n" + "ALTER ROLE "
                + APPLICATION + " PASSWORD '" + quoted(passwords.application()) + "'\n";
    }

    private static String quoted(String password) {
        return password.replace("'", "''");
    }

    private void configure(Path cluster) throws IOException {
        write(cluster.resolve("postgresql.conf"), PostgresConfig.POSTGRESQL_CONF);
        write(cluster.resolve("pg_hba.conf"), PostgresConfig.PG_HBA_CONF);
    }

    private void write(Path file, String content) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                || !Files.readString(file).equals(content)) {
            AtomicFile.write(file, content);
            launcher.own(file);
        }
    }
}
