package io.portcullis;

import io.portcullis.testing.TestServers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Nodes as users run them, each a process that can be stopped ({@link JarProcess#stop()}, {@link JarProcess#cont()}), killed
 * ({@link JarProcess#kill()}) and told to go ({@link JarProcess#signalTerm()}).
 */
final class ProcessCluster extends Cluster<JarProcess> {
    private final Path folder;

    private ProcessCluster(Path folder, String database, Map<String, String> settings) {
        super(database, settings);
        this.folder = folder;
    }

    /**
     * On a fresh database. Starts all at once: with a few nodes, that takes as long as one does.
     *
     * @param folder for what they write to their terminals
     */
    static ProcessCluster start(Path folder, int nodes, Map<String, String> settings) throws Exception {
        return start(folder, nodes, TestServers.freshDatabaseUrl(), settings);
    }

    /** @param database that the nodes share, and migrate where it needs to */
    static ProcessCluster start(Path folder, int nodes, String database, Map<String, String> settings)
            throws Exception {
        ProcessCluster cluster = new ProcessCluster(folder, database, settings);
        cluster.join(nodes, Map.of());
        return cluster;
    }

    @Override
    JarProcess launch(Map<String, String> environment) throws IOException {
        return JarProcess.launch(folder, environment);
    }

    @Override
    NodeCalls awaitServing(JarProcess jar) throws IOException {
        jar.awaitServing();
        return new NodeCalls(jar.dataPort(), jar.managementPort());
    }

    /** SIGTERM, and its end is waited for. */
    @Override
    void drain(JarProcess jar) throws InterruptedException {
        try (jar) {
            if (jar.alive()) {
                jar.terminate();
            }
        }
    }

    /** SIGKILL: one that was stopped hears nothing else. */
    @Override
    void end(JarProcess jar) {
        jar.close();
    }
}
