package io.portcullis;

import io.portcullis.ingress.ServerTls;
import io.portcullis.management.HealthCheck;
import io.portcullis.management.HealthCheck.Level;
import io.portcullis.management.HealthCheck.Result;
import io.vertx.core.Future;
import java.time.InstantSource;

/** Readiness of the certificate: files that cannot be used and one that has ended degrade a node, which goes on serving with what it has. */
final class TlsProbe {

    private final ServerTls tls;
    private final InstantSource clock;

    TlsProbe(ServerTls tls, InstantSource clock) {
        this.tls = tls;
        this.clock = clock;
    }

    HealthCheck check() {
        return new HealthCheck("tls", () -> Future.succeededFuture(result()));
    }

    Result result() {
        String fault = tls.fault();
        if (fault != null) {
            return new Result(Level.DEGRADED, fault + "; the certificate in use ends " + tls.expires());
        }
        return clock.instant().isBefore(tls.expires())
                ? Result.UP
                : new Result(Level.DEGRADED, "the certificate has ended " + tls.expires());
    }
}
