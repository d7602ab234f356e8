package io.portcullis.upstream;

import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import org.jspecify.annotations.Nullable;

/** Serves {@link AdminServiceCalls} from the Admin Service. One instance: the breaker, the retries' budget and the connections are its own. */
public final class AdminServiceVerticle extends VerticleBase {

    private final UpstreamSettings settings;
    private final MeterRegistry meters;
    private volatile @Nullable Upstream upstream;

    public AdminServiceVerticle(UpstreamSettings settings, MeterRegistry meters) {
        this.settings = settings;
        this.meters = meters;
    }

    /** Whether the service is asked; while it is not, this node is degraded and not down. Closed before the start. On any thread. */
    public BreakerState state() {
        Upstream started = upstream;
        return started == null ? BreakerState.CLOSED : started.state();
    }

    /** Starts whether or not the service is there. */
    @Override
    public Future<?> start() {
        Upstream service = new Upstream(vertx, settings, meters);
        upstream = service;
        AdminService admin = new AdminService(service);
        return Future.join(
                AdminServiceCalls.CLIENTS
                        .serve(vertx, (page, deadline) -> admin.clients(page.cursor(), page.limit(), deadline))
                        .completion(),
                AdminServiceCalls.CLIENT.serve(vertx, admin::client).completion(),
                AdminServiceCalls.HEALTH
                        .serve(vertx, (question, deadline) -> admin.health(deadline))
                        .completion());
    }

    /** Closes the connections; calls under way fail. */
    @Override
    public Future<?> stop() {
        Upstream started = upstream;
        return started == null ? Future.succeededFuture() : started.close();
    }
}
