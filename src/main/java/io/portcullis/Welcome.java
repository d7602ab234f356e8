package io.portcullis;

import io.portcullis.config.GatewayConfig;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/** What the terminal says once the gateway serves. */
final class Welcome {

    private Welcome() {}

    /** @param demoKey the key of a demo client that was just created, shown this once */
    static void print(Gateway gateway, GatewayConfig config, @Nullable String demoKey, PrintWriter out) {
        if (gateway.dataPort() == 0) {
            return;
        }
        String url =
                (config.server().tls().enabled() ? "https" : "http") + "://127.0.0.1:" + gateway.dataPort() + "/auth";
        out.println("Portcullis answers at " + url);
        if (demoKey != null) {
            out.println("A demo client was created. Its key is shown this once:");
            out.println();
            out.println("  curl -i -H 'X-API-Key: " + demoKey + "' " + url);
            out.println();
        } else if (config.usesEmbedded()) {
            out.println(
                    "For another client and its key, while it runs: java -jar target/portcullis.jar client create --code my-client");
        }
        out.flush();
    }
}
