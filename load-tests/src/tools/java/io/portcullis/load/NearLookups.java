package io.portcullis.load;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** What the gateway's near cache has counted so far, from its {@code /metrics}. */
record NearLookups(double hits, double misses) {

    private static final Duration LIMIT = Duration.ofSeconds(5);

    static NearLookups of(InetSocketAddress management) throws IOException, InterruptedException {
        URI metrics = URI.create("http://" + management.getHostString() + ":" + management.getPort() + "/metrics");
        HttpClient client = HttpClient.newBuilder().connectTimeout(LIMIT).build();
        String text = client.send(HttpRequest.newBuilder(metrics).timeout(LIMIT).build(), BodyHandlers.ofString())
                .body();
        return new NearLookups(counter(text, "hit"), counter(text, "miss"));
    }

    NearLookups since(NearLookups earlier) {
        return new NearLookups(hits - earlier.hits, misses - earlier.misses);
    }

    double hitShare() {
        return hits / (hits + misses);
    }

    private static double counter(String metrics, String result) throws IOException {
        return metrics.lines()
                .filter(line -> line.startsWith("registry_lookups_total{"))
                .filter(line -> line.contains("tier=\"near\"") && line.contains("result=\"" + result + "\""))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .findFirst()
                .orElseThrow(() -> new IOException("/metrics does not tell near look-ups with result " + result));
    }
}
