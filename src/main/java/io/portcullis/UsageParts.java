package io.portcullis;

import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.config.GatewayConfig;
import io.portcullis.database.PostgresClients;
import io.portcullis.database.QueryWatch;
import io.portcullis.freshness.NodeInfo;
import io.portcullis.ingress.RequestTimes;
import io.portcullis.management.Resource;
import io.portcullis.registry.CredentialUses;
import io.portcullis.usage.LatencyHistogram;
import io.portcullis.usage.TrafficReader;
import io.portcullis.usage.UsageVerticle;
import io.vertx.core.Deployable;
import java.time.Clock;
import java.util.List;

/** What of this process counts uses and traffic, and writes them behind. */
final class UsageParts {

    private final CredentialUses uses;
    private final LatencyHistogram latency = new LatencyHistogram();
    private final UsageVerticle.Parts parts;
    private final StatsResources stats;

    UsageParts(GatewayConfig config, PostgresClients postgres, QueryWatch watch, MeterRegistry meters, Clock clock) {
        int mostKeys = config.usage().mostKeys();
        uses = new CredentialUses(mostKeys);
        parts = new UsageVerticle.Parts(
                config.usage().flushEvery(),
                mostKeys,
                NodeInfo.ofThisProcess().id(),
                uses,
                latency,
                postgres.transactions(),
                watch,
                meters,
                clock);
        stats = new StatsResources(
                new TrafficReader(postgres.transactions(), config.postgres().healthTimeout()), clock);
    }

    /** Where requests that are allowed are counted. */
    CredentialUses uses() {
        return uses;
    }

    /** Where it is told how long requests took. */
    RequestTimes times() {
        return latency::record;
    }

    /** To be stopped after all that counts, and before the connections to PostgreSQL. */
    Deployable verticle() {
        return new UsageVerticle(parts);
    }

    /** Of all nodes, also in a process that has no traffic. */
    List<Resource> resources() {
        return stats.all();
    }
}
