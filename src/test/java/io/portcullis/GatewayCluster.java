package io.portcullis;

import io.portcullis.config.ConfigLoader;
import io.portcullis.testing.TestServers;
import java.util.Map;

/** Nodes in this JVM: cheap to start, and of one clock. */
final class GatewayCluster extends Cluster<Gateway> {

    private GatewayCluster(String database, Map<String, String> settings) {
        super(database, settings);
    }

    /** On a fresh database. */
    static GatewayCluster start(int nodes, Map<String, String> settings) throws Exception {
        return start(nodes, TestServers.freshDatabaseUrl(), settings);
    }

    /** @param database that the nodes share, and migrate where it needs to */
    static GatewayCluster start(int nodes, String database, Map<String, String> settings) throws Exception {
        GatewayCluster cluster = new GatewayCluster(database, settings);
        try {
            for (int i = 0; i < nodes; i++) {
                cluster.join();
            }
            return cluster;
        } catch (Exception e) {
            cluster.close();
            throw e;
        }
    }

    @Override
    Gateway launch(Map<String, String> environment) throws Exception {
        return Gateway.start(ConfigLoader.load(null, environment).config());
    }

    @Override
    NodeCalls awaitServing(Gateway gateway) {
        return new NodeCalls(gateway.dataPort(), gateway.managementPort());
    }

    @Override
    void drain(Gateway gateway) {
        gateway.close();
    }

    @Override
    void end(Gateway gateway) {
        gateway.close();
    }
}
