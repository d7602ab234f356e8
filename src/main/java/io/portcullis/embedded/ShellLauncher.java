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
     * {@code set -m} gives the server a process group of its own, so that a Ctrl-C on the terminal reaches the gateway alone, which then
     * drains before it stops the servers; for the same reason the shell itself ignores it. Both servers install handlers of their own.
     */
    private static final String WATCH = """
            set -m
            trap '' INT TERM HUP
            exec 3<&0
            signal=$1; shift
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
