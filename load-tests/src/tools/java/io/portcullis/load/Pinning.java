package io.portcullis.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Who runs where: the server alone on one core, the load and everything else on another. Without {@code taskset} nobody is pinned. */
record Pinning(boolean possible, int serverCore, int loadCore) {

    static Pinning none() {
        return new Pinning(false, 0, 0);
    }

    static Pinning of(int serverCore, int loadCore) {
        boolean possible;
        try {
            possible = new ProcessBuilder("taskset", "-c", serverCore + "," + loadCore, "true")
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            possible = false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            possible = false;
        }
        return new Pinning(possible && serverCore != loadCore, serverCore, loadCore);
    }

    List<String> onServerCore(List<String> command) {
        if (!possible) {
            return command;
        }
        List<String> pinned = new ArrayList<>(List.of("taskset", "-c", Integer.toString(serverCore)));
        pinned.addAll(command);
        return pinned;
    }

    void moveToLoadCore(long pid) throws IOException, InterruptedException {
        if (possible) {
            Process taskset = new ProcessBuilder(
                            "taskset", "-a", "-c", "-p", Integer.toString(loadCore), Long.toString(pid))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!taskset.waitFor(5, TimeUnit.SECONDS)) {
                taskset.destroyForcibly();
            }
        }
    }

    /**
     * A load that is never idle leaves its core to the database beside it, until this process ends. Linux shares a core among sessions before
     * it does so among processes, and has been seen to let a process of PostgreSQL wait for two seconds beside this one. Only for root, who
     * alone may take it back. The gateway is of the same session, but has a core of its own.
     */
    static void yieldToServers() {
        Path session = Path.of("/proc/self/autogroup");
        if (!System.getProperty("user.name").equals("root")) {
            return;
        }
        try {
            String before = Files.readString(session).strip().replaceFirst(".* nice ", "");
            Files.writeString(session, "10");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                try {
                    Files.writeString(session, before);
                } catch (IOException e) {
                    System.err.println("the session's nice value stays 10: " + e);
                }
            }));
        } catch (IOException e) {
            // Another system, or sessions do not count there.
        }
    }

    @Override
    public String toString() {
        return possible ? "server on core " + serverCore + ", load on core " + loadCore : "nobody pinned to a core";
    }
}
