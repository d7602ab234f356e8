package io.portcullis.embedded;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The portable launcher (macOS; Linux without setpriv): a shell between us and the server waits for the end of a pipe that only this
 * process holds, and then signals the server. Runs programs as the user we are, which must not be root.
 */
final class ShellLauncher implements Launcher {
    /**
     * A Ctrl-C on the terminal goes to every process of the group; the servers must not hear it, since the gateway drains before it stops
     * them. The shell ignores it, and the server gets a session of its own from perl where there is one (macOS has no setsid program, and
     * {@code set -m} would fight for the terminal). Both servers install handlers of their own for what the shell ignores.
     */
    private static final String WATCH = """
            trap '' INT TERM HUP
            exec 3<&0
            signal=$1; shift
            if command -v perl >/dev/null 2>&1; then
              set -- perl -MPOSIX -e 'POSIX::setsid(); exec @ARGV or exit 127' -- "$@"
            fi
            "$@" </dev/null 3<&- &
            server=$!
            ( while read -r line <&3; do :; done; kill -s "$signal" "$server" ) </dev/null 2>/dev/null &
            watch=$!
            exec 3<&-
            wait "$server"
            ended=$?
            kill -s KILL "$watch" 2>/dev/null
            exit "$ended"
            """;

    @Override
    public List<String> server(List<String> command, StopSignal signal) {
        List<String> line = new ArrayList<>(List.of("sh", "-c", WATCH, "portcullis-watch", signal.name()));
        line.addAll(command);
        return line;
    }

    @Override
    public List<String> shortRun(List<String> command) {
        return command;
    }

    @Override
    public void askToStop(Process server, StopSignal signal) throws IOException {
        server.getOutputStream().close();
    }

    @Override
    public void own(Path path) {}
}
