package io.portcullis.load;

import java.io.IOException;
import java.net.InetSocketAddress;

/** What the gateway's near cache has counted so far, from its {@code /metrics}. */
record NearLookups(double hits, double misses) {

    static NearLookups of(InetSocketAddress management) throws IOException, InterruptedException {
        Metrics metrics = Metrics.of(management);
        return new NearLookups(counter(metrics, "hit"), counter(metrics, "miss"));
    }

    NearLookups since(NearLookups earlier) {
        return new NearLookups(hits - earlier.hits, misses - earlier.misses);
    }

    double hitShare() {
        return hits / (hits + misses);
    }

    private static double counter(Metrics metrics, String result) throws IOException {
        return metrics.sum("registry_lookups_total", "tier=\"near\"", "result=\"" + result + "\"");
    }
}
