package io.portcullis.database;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.SqlConnection;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to PostgreSQL that is there for good: with a session of its own (LISTEN), and replaced when it breaks. While it is gone,
 * an attempt begins every {@value #ATTEMPT_EVERY_MILLIS} ms, and every other time beside former ones that hang, of which
 * {@value #MOST_ATTEMPTS} are kept: a server that can be reached again is found within half a second, also behind a network that swallows packets.
 *
 * <p>Belongs to one event loop. One line of log when it breaks, and one when it is back.
 */
public final class PostgresLine {

    private static final Logger log = LoggerFactory.getLogger(PostgresLine.class);

    private static final long ATTEMPT_EVERY_MILLIS = 250;

    /** Without an answer for so long an attempt hangs, and another one begins beside it: sooner, it would only slow down both. */
    private static final long HANGS_AFTER_MILLIS = 400;

    /**
     * Of attempts that hang. Where the server answers again, all of them are answered at once, and each costs it a process and both sides a
     * password check: with one for each quarter of a second that it was away, the first would be ready a second late.
     */
    private static final int MOST_ATTEMPTS = 3;

    /** Each attempt is a pool of one: whoever exports the gauges of pools leaves out this name, which would come up again and again. */
    public static final String POOL_NAME = "postgres-line";

    private final Vertx vertx;
    private final String name;
    private final PgConnectOptions server;
    private final Duration connectLimit;
    private final Function<PgConnection, Future<?>> prepare;
    private final Runnable ready;
    /** Oldest first. Pools of one connection each, for attempts: to close one is the only way to give up a hanging handshake. */
    private final Set<Pool> attempts = new LinkedHashSet<>();

    private @Nullable Pool pool;
    private @Nullable PgConnection connection;
    private long timer = -1;
    /** When the latest attempt began. */
    private long begunAt;

    private boolean broken;
    /** Whether an attempt hung and then broke since the line was last up or was last tried again for that. */
    private boolean hung;

    /**
     * A line that is not open yet.
     *
     * @param name in the log and as the server's application_name
     * @param connectLimit of one attempt
     * @param prepare is done on each new connection before anybody gets it
     * @param ready is told of each new connection
     */
    public PostgresLine(
            Vertx vertx,
            String name,
            PgConnectOptions server,
            Duration connectLimit,
            Function<PgConnection, Future<?>> prepare,
            Runnable ready) {
        this.vertx = vertx;
        this.name = name;
        this.server = new PgConnectOptions(server)
                .setCachePreparedStatements(true)
                .addProperty("application_name", "portcullis-" + name);
        this.connectLimit = connectLimit;
        this.prepare = prepare;
        this.ready = ready;
    }

    /** Begins to connect. Returns at once. */
    public void open() {
        attempt();
        timer = vertx.setPeriodic(ATTEMPT_EVERY_MILLIS, tick -> {
            if (connection == null && (attempts.isEmpty() || since(begunAt) > HANGS_AFTER_MILLIS)) {
                attempt();
            }
        });
    }

    /** The connection, or null while there is none. */
    public @Nullable PgConnection connection() {
        return connection;
    }

    /**
     * Gives up a connection: it hangs, or what came over it makes no sense. Another one is made soon, if it has not been: what fails late
     * must not take the next connection with it.
     */
    public void giveUp(SqlConnection which, String reason) {
        lost(which, reason);
    }

    /** Closes the connection for good. */
    public Future<Void> close() {
        vertx.cancelTimer(timer);
        connection = null;
        Set<Pool> all = new HashSet<>(attempts);
        if (pool != null) {
            all.add(pool);
        }
        attempts.clear();
        return Future.join(all.stream().map(Pool::close).toList()).mapEmpty();
    }

    private void attempt() {
        if (attempts.size() >= MOST_ATTEMPTS) {
            // Not the oldest: a server that is merely slow has all of the limit to answer that one.
            Pool another = attempts.stream().skip(1).findFirst().orElseThrow();
            attempts.remove(another);
            another.close();
        }
        Pool attempted = PgBuilder.pool()
                .using(vertx)
                .connectingTo(server)
                .with(new NetClientOptions()
                        .setConnectTimeout((int) connectLimit.toMillis())
                        .setTcpKeepAlive(true)
                        .setTcpUserTimeout((int) connectLimit.toMillis()))
                .with(new PoolOptions().setName(POOL_NAME).setMaxSize(1))
                .build();
        attempts.add(attempted);
        long begun = System.nanoTime();
        begunAt = begun;
        attempted
                .getConnection()
                .map(PgConnection::cast)
                .onSuccess(this::listen)
                .compose(made -> prepare.apply(made).map(made))
                .timeout(connectLimit.toMillis(), TimeUnit.MILLISECONDS)
                .onComplete(made -> connected(attempted, made), failure -> failed(attempted, begun, failure));
    }

    private void connected(Pool by, PgConnection made) {
        if (!attempts.remove(by) || connection != null) {
            by.close();
            return;
        }
        pool = by;
        connection = made;
        hung = false;
        made.closeHandler(closed -> lost(made, "closed"));
        if (broken) {
            broken = false;
            log.info("event=postgres_line.connected line={}", name);
        }
        // To close one ends its attempt, which takes it off the list.
        List<Pool> others = List.copyOf(attempts);
        attempts.clear();
        others.forEach(Pool::close);
        ready.run();
    }

    private void failed(Pool by, long begun, Throwable reason) {
        if (!attempts.remove(by)) {
            return;
        }
        by.close();
        tell(String.valueOf(reason.getMessage()));
        hung |= since(begun) > HANGS_AFTER_MILLIS;
        if (hung && attempts.isEmpty() && connection == null) {
            // Where all that hung break together, somebody is there again.
            hung = false;
            attempt();
        }
    }

    private static long since(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }

    private void lost(SqlConnection which, String reason) {
        if (connection == which) {
            connection = null;
            tell(reason);
            if (pool != null) {
                pool.close();
                pool = null;
            }
        }
    }

    /** For what the server says unasked, before it ends a session, say: the driver would print it. */
    private void listen(PgConnection made) {
        made.exceptionHandler(failure -> lost(made, reason(failure)));
    }

    private static String reason(Throwable failure) {
        return failure instanceof PgException pg
                ? pg.getErrorMessage() + " (" + pg.getSqlState() + ")"
                : String.valueOf(failure.getMessage());
    }

    private void tell(String reason) {
        if (!broken && connection == null) {
            broken = true;
            log.warn("event=postgres_line.lost line={} reason=\"{}\"", name, reason);
        }
    }
}
