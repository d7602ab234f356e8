package io.portcullis.embedded;

import java.util.List;

/** Which launcher this machine allows. */
final class Launchers {
    private Launchers() {}

    static Launcher choose(Platform platform, DataFolder folder) throws EmbeddedException {
        if (platform.linux() && SetprivLauncher.available()) {
            return SetprivLauncher.of(Account.choose(folder), ShortRun.succeeds(List.of("setsid", "true")));
        }
        if (Account.root(folder)) {
            throw new EmbeddedException("PostgreSQL does not run as root, and there is no "
                    + (platform.linux() ? "setpriv (util-linux)" : "way to give it up here")
                    + ": run the gateway as a normal user, or set postgres.url and redis.url to servers of your own");
        }
        return new ShellLauncher();
    }
}
