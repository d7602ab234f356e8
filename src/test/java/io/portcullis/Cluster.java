package io.portcullis;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.testing.Oracle;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/**
 * Nodes that share a database, a Redis prefix, the pepper and the token, each behind ways of its own to both servers. For a test's thread;
 * the nodes may be asked from any.
 *
 * @param <G> the gateway, in this JVM or in a process of its own
 */
abstract class Cluster<G> implements AutoCloseable {
    private final String database;
    private final Map<String, String> environment;
    private final RegistryWriter registry;
    private final List<ClusterNode<G>> nodes = new ArrayList<>();
    private int joined;

    /** @param settings environment variables of every node, beyond the necessary ones or in their place */
    Cluster(String database, Map<String, String> settings) {
        this.database = database;
        this.environment = TestGateway.environment(database);
        this.environment.putAll(settings);
        this.registry = new RegistryWriter(database);
    }

    /** Begins to start a gateway; it need not serve yet. */
    abstract G launch(Map<String, String> nodeEnvironment) throws Exception;

    /** Returns when it serves. */
    abstract NodeCalls awaitServing(G gateway) throws Exception;

    /** Ends it in good order; one that ended by itself or was killed is not missed. */
    abstract void drain(G gateway) throws Exception;

    /** Ends it in whatever way is surest. */
    abstract void end(G gateway);

    /** One more node. Returns when it serves. */
    ClusterNode<G> join() throws Exception {
        return join(Map.of());
    }

    /** @param own environment variables of this node alone */
    ClusterNode<G> join(Map<String, String> own) throws Exception {
        return join(1, own).get(0);
    }

    /** So many at once. */
    final List<ClusterNode<G>> join(int count, Map<String, String> own) throws Exception {
        Map<String, String> direct = new HashMap<>(environment);
        direct.putAll(own);
        List<Starting<G>> starting = new ArrayList<>();
        List<ClusterNode<G>> started = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                NodeWays ways = NodeWays.open(direct);
                try {
                    starting.add(new Starting<>(launch(ways.environment()), ways));
                } catch (Exception e) {
                    ways.close();
                    throw e;
                }
            }
            for (Starting<G> one : starting) {
                started.add(new ClusterNode<>(joined++, one.gateway, one.ways, awaitServing(one.gateway)));
            }
        } catch (Exception e) {
            for (Starting<G> one : starting) {
                try {
                    dispose(one.gateway, one.ways);
                } catch (RuntimeException another) {
                    e.addSuppressed(another);
                }
            }
            throw e;
        }
        nodes.addAll(started);
        return started;
    }

    /** The node drains and goes, and its ways with it. The numbers of the others stay. */
    void leave(int number) throws Exception {
        ClusterNode<G> node = node(number);
        nodes.remove(node);
        try {
            drain(node.gateway());
        } finally {
            node.ways().close();
        }
    }

    ClusterNode<G> node(int number) {
        return nodes.stream()
                .filter(node -> node.number() == number)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no node " + number));
    }

    /** Those that have joined and not left, in the order of their numbers. */
    List<ClusterNode<G>> nodes() {
        return List.copyOf(nodes);
    }

    /** The statuses of {@code GET /auth} with that key, which every node is asked at the same time; in the order of {@link #nodes}. */
    List<Integer> askAll(String key) {
        return askAll(key, NodeCalls.LIMIT);
    }

    /** The same; {@link Oracle#NO_ANSWER} stands for a node that gave none within {@code limit}. */
    List<Integer> askAll(String key, Duration limit) {
        return nodes.stream()
                .map(node -> node.calls()
                        .askedWithKey(key, limit)
                        .thenApply(HttpResponse::statusCode)
                        .exceptionally(failure -> Oracle.NO_ANSWER))
                // All are sent before the first is waited for.
                .toList()
                .stream()
                .map(CompletableFuture::join)
                .toList();
    }

    /** Writes to the shared database, past all ways. */
    RegistryWriter registry() {
        return registry;
    }

    /** An active client and a key of it. */
    TestClient client() throws SQLException {
        return registry.client();
    }

    /** Past all ways; returns when it is acknowledged. */
    void sql(String text) throws SQLException {
        registry.sql(text);
    }

    /** URL of the shared database, past all ways. */
    String database() {
        return database;
    }

    /** Under which these nodes keep their keys in Redis. */
    String redisPrefix() {
        return Objects.requireNonNull(environment.get("PORTCULLIS_REDIS_PREFIX"));
    }

    /** Ends all nodes and their ways, at once: each waits for its callers. A failure of one does not keep the others. */
    @Override
    public void close() {
        List<CompletableFuture<Void>> endings = nodes().stream()
                .map(node -> CompletableFuture.runAsync(
                        () -> dispose(node.gateway(), node.ways()), ending -> new Thread(ending, "node-end").start()))
                .toList();
        nodes.clear();
        CompletableFuture.allOf(endings.toArray(CompletableFuture[]::new)).join();
    }

    private void dispose(G gateway, NodeWays ways) {
        try {
            // A node takes longer to go where nobody answers it.
            ways.heal();
            end(gateway);
        } finally {
            ways.close();
        }
    }

    private record Starting<G>(G gateway, NodeWays ways) {}
}
