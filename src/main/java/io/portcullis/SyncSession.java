package io.portcullis;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.bus.LocalCodec;
import io.portcullis.cache.RedisCache;
import io.portcullis.cache.RedisMeters;
import io.portcullis.config.GatewayConfig;
import io.portcullis.registry.RegistryException;
import io.portcullis.sync.Batch;
import io.portcullis.sync.Cids;
import io.portcullis.sync.ClientSource;
import io.portcullis.sync.Differences;
import io.portcullis.sync.SyncLock;
import io.portcullis.sync.SyncRecords;
import io.portcullis.sync.SyncRun;
import io.portcullis.upstream.AdminServiceVerticle;
import io.portcullis.upstream.UpstreamSettings;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** A session that compares: the Admin Service beside PostgreSQL and Redis, all in this process. For the main thread. */
final class SyncSession implements AutoCloseable {

    private static final Duration LOCK_KEYS = Duration.ofMinutes(1);

    private final Session session;
    private final GatewayConfig config;

    private SyncSession(Session session, GatewayConfig config) {
        this.session = session;
        this.config = config;
    }

    static SyncSession open(Installation installation) {
        return new SyncSession(Session.open(installation), installation.config());
    }

    /** The days that were compared, newest first. */
    List<Batch> batches(int limit) throws RegistryException, CommandException {
        return session.await(deadline -> new SyncRecords(session.transactions()).batches(limit));
    }

    /**
     * One pass.
     *
     * @param begun is given the run before it begins, on its event loop
     */
    Batch run(SyncRun.Settings settings, SyncRun.Listener listener, Consumer<SyncRun> begun)
            throws RegistryException, CommandException {
        ClientSource source = source();
        return session.redisForLong(link -> {
            RedisCache cache = new RedisCache(link, config.redis().prefix(), LOCK_KEYS, RedisMeters.none());
            Cids cids = new Cids(session.transactions(), cache);
            SyncRun run = new SyncRun(
                    session.vertx(),
                    session.transactions(),
                    source,
                    settings,
                    cids.forgetting(Vertx.currentContext(), listener),
                    Clock.systemUTC());
            begun.accept(run);
            return new SyncLock(session.vertx(), cache, session.transactions()).hold(run, run::run);
        });
    }

    /** A pass that writes nothing; how many items of the source it has looked at. */
    long differences(Differences.Listener listener) throws RegistryException, CommandException {
        Differences differences =
                new Differences(session.transactions(), source(), config.sync().pageSize(), Clock.systemUTC());
        return session.awaitForLong(() -> differences.run(listener));
    }

    int pageSize() {
        return config.sync().pageSize();
    }

    private ClientSource source() throws RegistryException, CommandException {
        Vertx vertx = session.vertx();
        String url = config.adminService().url();
        if (url == null) {
            throw new CommandException("there is nobody to compare with: set admin-service.url in the configuration"
                    + " (--config FILE), or PORTCULLIS_ADMIN_SERVICE_URL");
        }
        UpstreamSettings settings = Connections.adminService(
                config.adminService(), url, config.breaker(), config.sync().pageSize());
        LocalCodec.register(vertx);
        session.await(deadline -> vertx.deployVerticle(
                () -> new AdminServiceVerticle(settings, new SimpleMeterRegistry()), new DeploymentOptions()));
        return new AdminServiceSource(vertx.eventBus());
    }

    @Override
    public void close() {
        session.close();
    }
}
