package io.portcullis.embedded;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** How a program is started so that it is not root and ends with this process. */
interface Launcher {
    /** The command line of a server; the process that runs it gets {@code signal} when this process, or the thread that started it, ends. */
    List<String> server(List<String> command, StopSignal signal);

    /** The command line of a program that ends by itself soon. */
    List<String> shortRun(List<String> command);

    /** Asks a server started by {@link #server} to end in good order. */
    void askToStop(Process server, StopSignal signal) throws IOException;

    /** Makes {@code path} belong to the user the programs run as. */
    void own(Path path) throws IOException;
}
