package io.portcullis.database;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.SqlConnection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The process's connections to PostgreSQL, in two halves: a client that pipelines point queries over few connections, and a pool whose
 * connections are taken one by one, for transactions. Both prepare what they run and keep it; both refuse, rather than queue without bound.
 *
 * <p>Thread-safe.
 */
public final class PostgresClients {

    /** Sizes and limits. {@code poolSize} is for both halves together. */
    public record Limits(
            int poolSize, int queueSize, int pipelining, Duration connect, Duration idle, Duration lifetime) {}

    private final SqlClient lookups;
    private final Pool transactions;
    private final int forTransactions;

    private PostgresClients(SqlClient lookups, Pool transactions, int forTransactions) {
        this.forTransactions = forTransactions;
        this.lookups = lookups;
        this.transactions = transactions;
    }

    /** A server that was cut off without a word: no answer to what was sent, within this time, ends the connection (Linux). */
    private static final int DEAD_PEER_MILLIS = 5_000;

    /** Opens nothing yet: connections are made when they are asked for. */
    public static PostgresClients create(Vertx vertx, PgConnectOptions server, Limits limits) {
        PgConnectOptions connect = new PgConnectOptions(server)
                .setCachePreparedStatements(true)
                .setPipeliningLimit(limits.pipelining())
                .addProperty("application_name", "portcullis");
        NetClientOptions transport = new NetClientOptions()
                .setConnectTimeout((int) limits.connect().toMillis())
                .setTcpKeepAlive(true)
                .setTcpUserTimeout(DEAD_PEER_MILLIS);
        int forTransactions = Math.max(1, limits.poolSize() / 2);
        int forLookups = Math.max(1, limits.poolSize() - forTransactions);
        return new PostgresClients(
                PgBuilder.client()
                        .using(vertx)
                        .connectingTo(connect)
                        .with(transport)
                        .with(options(limits, forLookups, "lookups"))
                        .build(),
                PgBuilder.pool()
                        .using(vertx)
                        .connectingTo(connect)
                        .with(transport)
                        .with(options(limits, forTransactions, "transactions"))
                        .build(),
                forTransactions);
    }

    /** For single statements; their order among each other is not kept. */
    public SqlClient lookups() {
        return lookups;
    }

    /** For transactions. */
    public Pool transactions() {
        return transactions;
    }

    /** Opens connections now rather than at the first request; fails if the server cannot be reached. */
    public Future<Void> open(int count) {
        List<Future<SqlConnection>> taken = Stream.generate(transactions::getConnection)
                .limit(Math.min(count, forTransactions))
                .toList();
        return Future.join(taken)
                .eventually(() -> Future.join(taken.stream()
                        .map(connection ->
                                connection.succeeded() ? connection.result().close() : Future.succeededFuture())
                        .toList()))
                .compose(opened -> lookups.query("SELECT 1").execute())
                .mapEmpty();
    }

    /**
     * Asks for triggers of the change log that are missing or switched off; fails if the server does not answer within the limit.
     *
     * @return what is wrong with each, for the operator; empty where nothing is
     */
    public Future<List<String>> triggerFaults(Duration limit) {
        return lookups.query(
                        "SELECT concat_ws(' ', table_name, trigger_name, fault) FROM client_registry.registry_trigger_faults() AS f")
                .execute()
                .timeout(limit.toMillis(), TimeUnit.MILLISECONDS)
                .map(rows -> rows.stream().map(row -> row.getString(0)).toList());
    }

    /** Closes both halves; what is under way fails. */
    public Future<Void> close() {
        return Future.join(lookups.close(), transactions.close()).mapEmpty();
    }

    private static PoolOptions options(Limits limits, int size, String name) {
        return new PoolOptions()
                .setName("postgres-" + name)
                .setMaxSize(size)
                .setMaxWaitQueueSize(limits.queueSize())
                .setConnectionTimeout((int) limits.connect().toMillis())
                .setConnectionTimeoutUnit(TimeUnit.MILLISECONDS)
                .setIdleTimeout((int) limits.idle().toSeconds())
                .setIdleTimeoutUnit(TimeUnit.SECONDS)
                .setMaxLifetime((int) limits.lifetime().toSeconds())
                .setMaxLifetimeUnit(TimeUnit.SECONDS);
    }
}
