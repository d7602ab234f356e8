package io.portcullis.cache;

import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.redis.client.ProtocolVersion;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Response;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Opens connections that have introduced themselves and been answered, each within a limit. Belongs to one event loop. */
final class RedisDialler {

    /** Who we are to a server, and where in it we go. */
    record Account(@Nullable String user, @Nullable String password, int db) {}

    private final ContextInternal context;
    private final RedisSettings settings;

    RedisDialler(ContextInternal context, RedisSettings settings) {
        this.context = context;
        this.settings = settings;
    }

    /**
     * Call on the context. Fails with a {@link RedisFailure} only. Each connection has a client of its own: the library's
     * {@code RedisConnection.close} puts it back into its client's pool, and a failed introduction leaves the socket open.
     */
    Future<GuardedConnection> dial(
            ServerAddress server, Account account, Duration limit, GuardedConnection.Owner owner) {
        Redis client = Redis.createClient(context.owner(), options(server, account, limit));
        return client.connect()
                .map(connection -> new GuardedConnection(context, client, connection, owner))
                .compose(connection -> pinged(connection, limit))
                .timeout(Math.max(1, limit.toMillis()), TimeUnit.MILLISECONDS)
                .onFailure(failure -> client.close())
                .recover(failure -> Future.failedFuture(reason(failure)));
    }

    /** To the one server, always. */
    Dialler to(ServerAddress server) {
        return new Dialler() {
            @Override
            public Future<GuardedConnection> dial(GuardedConnection.Owner owner) {
                return RedisDialler.this.dial(server, account(), settings.connectTimeout(), owner);
            }

            @Override
            public String server() {
                return server.toString();
            }
        };
    }

    /** Who we are to servers that hold data. */
    Account account() {
        return new Account(settings.user(), settings.password(), settings.db());
    }

    private static Future<GuardedConnection> pinged(GuardedConnection connection, Duration limit) {
        return connection.ping(System.nanoTime() + limit.toNanos()).map(connection);
    }

    private RedisOptions options(ServerAddress server, Account account, Duration limit) {
        String database = account.db() == 0 ? "" : "/" + account.db();
        RedisOptions options = new RedisOptions()
                .setConnectionString((settings.tls() == null ? "redis://" : "rediss://") + server + database)
                // A push of RESP3 takes the place of an answer in this library.
                .setPreferredProtocolVersion(ProtocolVersion.RESP2)
                .setMaxWaitingHandlers(settings.maxPending())
                .setPoolName("redis")
                .setMaxPoolSize(1)
                .setMaxPoolWaiting(1)
                .setPoolCleanerInterval(-1)
                .setNetClientOptions(netOptions((int) Math.max(1, Math.min(Integer.MAX_VALUE, limit.toMillis()))));
        if (account.password() != null) {
            options.setPassword(account.password());
        }
        if (account.user() != null) {
            options.setUser(account.user());
        }
        return options;
    }

    private NetClientOptions netOptions(int limit) {
        NetClientOptions options = new NetClientOptions()
                .setConnectTimeout(limit)
                .setTcpNoDelay(true)
                .setTcpKeepAlive(true)
                .setReconnectAttempts(0);
        RedisTls tls = settings.tls();
        if (tls != null) {
            options.setSsl(true)
                    .setSslHandshakeTimeout(limit)
                    .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
                    .setTrustAll(!tls.verify())
                    .setHostnameVerificationAlgorithm(tls.verify() ? "HTTPS" : "");
            if (tls.verify() && tls.ca() != null) {
                options.setTrustOptions(
                        new PemTrustOptions().addCertPath(tls.ca().toString()));
            }
        }
        return options;
    }

    private static RedisFailure reason(Throwable failure) {
        if (failure instanceof RedisFailure known) {
            return known;
        }
        String code = GuardedConnection.errorCode(failure);
        return new RedisFailure.Unavailable(code == null ? word(failure) : code);
    }

    private static String word(Throwable failure) {
        if (failure instanceof ConnectException) {
            return "connection refused";
        }
        if (failure instanceof SocketException) {
            return "connect failed";
        }
        if (failure instanceof UnknownHostException) {
            return "unknown host";
        }
        if (failure instanceof SSLException) {
            return "tls";
        }
        if (failure instanceof TimeoutException) {
            return "connect timeout";
        }
        return failure instanceof Response
                ? "closed by peer"
                : failure.getClass().getSimpleName();
    }
}
