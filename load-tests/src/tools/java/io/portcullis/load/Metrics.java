package io.portcullis.load;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** What a gateway's {@code /metrics} said at one moment. */
record Metrics(List<String> lines) {

    private static final Duration LIMIT = Duration.ofSeconds(5);
    private static final HttpClient HTTP =
            HttpClient.newBuilder().connectTimeout(LIMIT).build();

    static Metrics of(InetSocketAddress management) throws IOException, InterruptedException {
        URI uri = URI.create("http://" + management.getHostString() + ":" + management.getPort() + "/metrics");
        return new Metrics(HTTP.send(HttpRequest.newBuilder(uri).timeout(LIMIT).build(), BodyHandlers.ofString())
                .body()
                .lines()
                .toList());
    }

    /** Of all series of that name with all of these labels; there must be one. */
    double sum(String name, String... labels) throws IOException {
        List<String> found = lines.stream()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .filter(line -> Stream.of(labels).allMatch(line::contains))
                .toList();
        if (found.isEmpty()) {
            throw new IOException("/metrics does not tell " + name + " with " + List.of(labels));
        }
        return found.stream()
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }
}
