package io.portcullis.registry;

import io.portcullis.bus.Deadline;
import io.portcullis.database.PostgresClients;
import io.portcullis.freshness.EpochWatch;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.time.Clock;

/** Serves {@code store.find} from PostgreSQL. Instances share the process's connections. */
public final class StoreVerticle extends VerticleBase {

    private final PostgresClients postgres;
    private final EpochWatch epochs;
    private final Clock clock;
    private final TierMeters meters;

    public StoreVerticle(PostgresClients postgres, EpochWatch epochs, Clock clock, TierMeters meters) {
        this.postgres = postgres;
        this.epochs = epochs;
        this.clock = clock;
        this.meters = meters;
    }

    @Override
    public Future<?> start() {
        ClientRegistry registry = new PgClientRegistry(postgres.lookups(), postgres.transactions(), clock);
        return RegistryCalls.STORE_FIND
                .serve(vertx, (query, deadline) -> find(registry, query, deadline))
                .completion();
    }

    private Future<Found> find(ClientRegistry registry, Query query, Deadline deadline) {
        long started = System.nanoTime();
        return registry.find(query, deadline).onComplete((found, failure) -> {
            meters.took(started);
            if (failure != null) {
                meters.error();
                return;
            }
            Cached<?> asked = found.key() != null ? found.key() : found.client();
            if (asked != null) {
                epochs.saw(asked.asOf());
            }
            if (asked != null && asked.value() != null) {
                meters.hit();
            } else {
                meters.miss();
            }
        });
    }
}
