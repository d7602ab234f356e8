package io.portcullis.registry;

import io.portcullis.bus.Deadline;
import io.portcullis.database.PostgresClients;
import io.portcullis.database.QueryWatch;
import io.portcullis.freshness.Freshness;
import io.portcullis.freshness.Position;
import io.portcullis.registry.RecordRefusals.Reason;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;

/** Serves {@code store.find} and {@code store.find-owned} from PostgreSQL. Instances share the process's connections. */
public final class StoreVerticle extends VerticleBase {

    private final PostgresClients postgres;
    private final QueryWatch watch;
    private final Freshness freshness;
    private final TierMeters meters;
    private final RecordRefusals refusals;

    /** @param watch sees how long each query takes */
    public StoreVerticle(
            PostgresClients postgres,
            QueryWatch watch,
            Freshness freshness,
            TierMeters meters,
            RecordRefusals refusals) {
        this.postgres = postgres;
        this.watch = watch;
        this.freshness = freshness;
        this.meters = meters;
        this.refusals = refusals;
    }

    @Override
    public Future<?> start() {
        ClientRegistry registry = new PgClientRegistry(postgres.lookups(), postgres.transactions(), watch);
        return Future.all(
                RegistryCalls.STORE_FIND
                        .serve(vertx, (query, deadline) -> find(registry, query, deadline))
                        .completion(),
                RegistryCalls.STORE_FIND_OWNED
                        .serve(vertx, (userId, deadline) -> findOwned(registry, userId, deadline))
                        .completion());
    }

    private Future<Owned> findOwned(ClientRegistry registry, String userId, Deadline deadline) {
        Position applied = freshness.position();
        return registry.findOwned(userId, deadline)
                .compose(owned -> owned.asOf().isBehind(applied) ? behind() : Future.succeededFuture(owned));
    }

    private Future<Found> find(ClientRegistry registry, Query query, Deadline deadline) {
        long started = System.nanoTime();
        Position applied = freshness.position();
        return registry.find(query, deadline)
                .compose(found -> isBehind(found, applied) ? behind() : Future.succeededFuture(found))
                .onComplete((found, failure) -> {
                    meters.took(started);
                    if (failure != null) {
                        meters.error();
                        return;
                    }
                    Cached<?> asked = found.key() != null ? found.key() : found.client();
                    if (asked != null && asked.value() != null) {
                        meters.hit();
                    } else {
                        meters.miss();
                    }
                });
    }

    /** Who has seen a position sees it in every later answer of the same server; an answer without it comes from another one. */
    private static boolean isBehind(Found found, Position applied) {
        return (found.key() != null && found.key().asOf().isBehind(applied))
                || (found.client() != null && found.client().asOf().isBehind(applied));
    }

    private <T> Future<T> behind() {
        refusals.count(Reason.BEHIND);
        return Future.failedFuture(RegistryException.behind());
    }
}
