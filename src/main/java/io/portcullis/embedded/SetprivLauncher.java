package io.portcullis.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The Linux launcher: setpriv (util-linux) gives up root and sets the parent-death signal, then becomes the server, so that the process
 * we hold is the server itself.
 */
final class SetprivLauncher implements Launcher {
    private final List<String> prefix;
    private final Account account;

    private SetprivLauncher(List<String> prefix, Account account) {
        this.prefix = prefix;
        this.account = account;
    }

    static SetprivLauncher of(Account account, boolean setsid) {
        List<String> prefix = new ArrayList<>();
        if (setsid) {
            // A session of its own: a Ctrl-C on the terminal reaches the gateway alone, which drains before it stops
            // the servers.
            prefix.add("setsid");
        }
        prefix.add("setpriv");
        prefix.addAll(account.setprivOptions());
        return new SetprivLauncher(prefix, account);
    }

    /** Whether this machine has a setpriv that knows what we need (that of BusyBox does not). */
    static boolean available() throws EmbeddedException {
        return ShortRun.succeeds(List.of("setpriv", "--pdeathsig", "TERM", "true"));
    }

    @Override
    public List<String> server(List<String> command, StopSignal signal) {
        List<String> line = new ArrayList<>(prefix);
        line.addAll(List.of("--pdeathsig", signal.name(), "--"));
        line.addAll(command);
        return line;
    }

    @Override
    public List<String> shortRun(List<String> command) {
        return server(command, StopSignal.TERM);
    }

    @Override
    public void askToStop(Process server, StopSignal signal) throws IOException {
        if (signal == StopSignal.TERM) {
            server.destroy();
            return;
        }
        // Java sends no other signal than TERM and KILL; the kill of the shell is there where no program of that name
        // is.
        new ProcessBuilder("sh", "-c", "kill -s \"$1\" \"$2\"", "sh", signal.name(), Long.toString(server.pid()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    @Override
    public void own(Path path) throws IOException {
        if (account.switchUser()) {
            Files.setAttribute(path, "unix:gid", account.gid(), LinkOption.NOFOLLOW_LINKS);
            Files.setAttribute(path, "unix:uid", account.uid(), LinkOption.NOFOLLOW_LINKS);
        }
    }
}
