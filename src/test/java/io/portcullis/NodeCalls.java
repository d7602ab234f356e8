package io.portcullis;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A node as those outside see it: callers on its data port, operators and Prometheus on its management port. */
final class NodeCalls {
    /** What takes longer fails, unless the caller is told otherwise. */
    static final Duration LIMIT = Duration.ofSeconds(20);

    /** One for all, since its threads end with the JVM only. */
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final int dataPort;
    private final int managementPort;

    NodeCalls(int dataPort, int managementPort) {
        this.dataPort = dataPort;
        this.managementPort = managementPort;
    }

    /** {@code GET /auth} with these headers, name after value after name. */
    HttpResponse<String> auth(String... headers) throws IOException, InterruptedException {
        return send(request(dataPort, "/auth", LIMIT, headers));
    }

    HttpResponse<String> withKey(String key) throws IOException, InterruptedException {
        return auth("X-API-Key", key);
    }

    /** The same, under way. */
    CompletableFuture<HttpResponse<String>> askedWithKey(String key, Duration limit) {
        return HTTP.sendAsync(
                request(dataPort, "/auth", limit, "X-API-Key", key), HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> management(String path, String... headers) throws IOException, InterruptedException {
        return send(request(managementPort, path, LIMIT, headers));
    }

    /** As an administrator, who has the token. */
    HttpResponse<String> administration(String path) throws IOException, InterruptedException {
        return management(path, "Authorization", "Bearer " + TestGateway.TOKEN);
    }

    HttpRequest request(String path, String... headers) {
        return request(dataPort, path, LIMIT, headers);
    }

    /** The value of a metric, by its name and labels as Prometheus shows them. */
    double metric(String name) throws IOException, InterruptedException {
        Matcher line = Pattern.compile("^" + Pattern.quote(name) + " (\\S+)$", Pattern.MULTILINE)
                .matcher(management("/metrics").body());
        if (!line.find()) {
            throw new AssertionError("no metric " + name);
        }
        return Double.parseDouble(line.group(1));
    }

    private static HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
        return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static HttpRequest request(int port, String path, Duration limit, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(limit);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return request.build();
    }
}
