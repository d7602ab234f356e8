package io.portcullis;

import io.portcullis.testing.TcpProxy;
import java.io.IOException;
import java.net.http.HttpResponse;

/**
 * A node of a {@link Cluster}.
 *
 * @param <G> the gateway, in this JVM or in a process of its own
 * @param number 0 for the first that joined; never given again
 */
record ClusterNode<G>(int number, G gateway, NodeWays ways, NodeCalls calls) {

    /** This node's way to PostgreSQL. */
    TcpProxy postgres() {
        return ways.postgres();
    }

    /** This node's way to Redis. */
    TcpProxy redis() {
        return ways.redis();
    }

    /** {@code GET /auth} with that key. */
    HttpResponse<String> withKey(String key) throws IOException, InterruptedException {
        return calls.withKey(key);
    }

    /** The status of {@code GET /auth} with that key. */
    int status(String key) throws IOException, InterruptedException {
        return withKey(key).statusCode();
    }

    /** GET on the management port, with the token. */
    HttpResponse<String> administration(String path) throws IOException, InterruptedException {
        return calls.administration(path);
    }

    /** The value of a metric, by its name and labels as Prometheus shows them. */
    double metric(String name) throws IOException, InterruptedException {
        return calls.metric(name);
    }
}
