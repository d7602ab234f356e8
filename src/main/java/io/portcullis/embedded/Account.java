package io.portcullis.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The user the servers run as on Linux: ourselves, or, since PostgreSQL refuses root, somebody unprivileged when we are root.
 *
 * @param switchUser false: we are not root, and stay who we are; uid and gid mean nothing
 * @param capabilities names of the capabilities the servers keep, none where the folder can be reached without
 */
record Account(boolean switchUser, int uid, int gid, List<String> capabilities) {
    private static final Logger LOG = LoggerFactory.getLogger(Account.class);

    /** "nobody" on most systems; it need not have a name. */
    private static final int NOBODY = 65534;

    /** What lets a process pass through folders that are closed to it, the weaker one first; containers often have the second only. */
    private static final List<String> PASSES = List.of("dac_read_search", "dac_override");

    static Account choose(DataFolder folder) throws EmbeddedException {
        if (!root(folder)) {
            return new Account(false, 0, 0, List.of());
        }
        Account plain = unprivileged(folder);
        if (plain.reaches(folder)) {
            return plain;
        }
        // A folder above ours is closed to others (a checkout in /root, say). We did not make it, so we do not open it.
        for (String capability : PASSES) {
            Account passing = new Account(true, plain.uid, plain.gid, List.of(capability));
            if (passing.reaches(folder)) {
                LOG.warn(
                        "event=embedded_capability folder={} uid={} capability=cap_{} reason=\"a folder above is closed to the"
                                + " servers' user; they keep this capability to pass. Without it: embedded.data in an open"
                                + " place, or run the gateway as a normal user\"",
                        folder.root(),
                        plain.uid,
                        capability);
                return passing;
            }
        }
        throw new EmbeddedException("PostgreSQL does not run as root, and the user it would run as (uid " + plain.uid
                + ") cannot reach " + folder.root()
                + ": run the gateway as a normal user, or set embedded.data to a folder"
                + " that others may pass through");
    }

    /** Whether we are root. Asked of the disk: the classes of the JDK answer 0 for any user that has no name (a container's, say). */
    static boolean root(DataFolder folder) throws EmbeddedException {
        try {
            Path made = Files.createTempFile(folder.log(), "who", null);
            try {
                return uid(made) == 0;
            } finally {
                Files.delete(made);
            }
        } catch (IOException e) {
            throw new EmbeddedException("cannot write into " + folder.log() + ": " + e, e);
        }
    }

    /** False for a number that the system's user database does not know. */
    static boolean hasName(Path ownedByUser) throws IOException {
        return !Files.getOwner(ownedByUser, LinkOption.NOFOLLOW_LINKS)
                .getName()
                .equals(Integer.toString(uid(ownedByUser)));
    }

    /**
     * Whoever owns the cluster must run it. Before there is one: the owner of the data folder, who already has power over all that is in
     * it, provided that he has a name, which initdb insists on; otherwise nobody.
     */
    private static Account unprivileged(DataFolder folder) throws EmbeddedException {
        try {
            Path cluster = folder.postgres();
            if (Files.exists(cluster, LinkOption.NOFOLLOW_LINKS) && uid(cluster) != 0) {
                return new Account(true, uid(cluster), gid(cluster), List.of());
            }
            if (uid(folder.root()) != 0 && hasName(folder.root())) {
                return new Account(true, uid(folder.root()), gid(folder.root()), List.of());
            }
            return new Account(true, NOBODY, NOBODY, List.of());
        } catch (IOException e) {
            throw new EmbeddedException("cannot read the owner of " + folder.root() + ": " + e, e);
        }
    }

    private static int uid(Path path) throws IOException {
        return (int) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    }

    private static int gid(Path path) throws IOException {
        return (int) Files.getAttribute(path, "unix:gid", LinkOption.NOFOLLOW_LINKS);
    }

    private boolean reaches(DataFolder folder) throws EmbeddedException {
        List<String> command = new ArrayList<>(List.of("setpriv"));
        command.addAll(setprivOptions());
        command.addAll(List.of("--", "sh", "-c", "cd \"$1\"", "sh", folder.bin().toString()));
        return ShortRun.succeeds(command);
    }

    List<String> setprivOptions() {
        if (!switchUser) {
            return List.of();
        }
        List<String> options = new ArrayList<>(List.of("--reuid=" + uid, "--regid=" + gid, "--clear-groups"));
        for (String capability : capabilities) {
            // access(2), with which PostgreSQL looks for its own program, drops the capabilities of any user but root
            // unless this
            // bit is set: capabilities(7), SECBIT_NO_SETUID_FIXUP.
            options.addAll(List.of("--securebits", "+no_setuid_fixup"));
            options.addAll(List.of("--inh-caps", "-all,+" + capability, "--ambient-caps", "-all,+" + capability));
        }
        return options;
    }
}
