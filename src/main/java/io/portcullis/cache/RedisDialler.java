package io.portcullis.cache;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.net.NetClientOptions;
import io.vertx.redis.client.ProtocolVersion;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Response;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Opens connections that have introduced themselves and been answered, each within the connect time-out. Belongs to one event loop. */
final class RedisDialler {

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
    Future<GuardedConnection> dial(GuardedConnection.Owner owner) {
        Redis client = Redis.createClient(context.owner(), options());
        return client.connect()
                .map(connection -> new GuardedConnection(context, client, connection, owner))
                .compose(this::pinged)
                .timeout(settings.connectTimeout().toMillis(), TimeUnit.MILLISECONDS)
                .onFailure(failure -> client.close())
                .recover(failure -> Future.failedFuture(reason(failure)));
    }

    private Future<GuardedConnection> pinged(GuardedConnection connection) {
        Promise<@Nullable Response> pong = context.promise();
        connection.ping(pong, System.nanoTime() + settings.connectTimeout().toNanos());
        return pong.future().map(connection);
    }

    private RedisOptions options() {
        String host = settings.host().contains(":") && !settings.host().startsWith("[")
                ? "[" + settings.host() + "]"
                : settings.host();
        String database = settings.db() == 0 ? "" : "/" + settings.db();
        RedisOptions options = new RedisOptions()
                .setConnectionString(
                        (settings.tls() ? "rediss://" : "redis://") + host + ":" + settings.port() + database)
                // A push of RESP3 takes the place of an answer in this library.
                .setPreferredProtocolVersion(ProtocolVersion.RESP2)
                .setMaxWaitingHandlers(settings.maxPending())
                .setPoolName("redis")
                .setMaxPoolSize(1)
                .setMaxPoolWaiting(1)
                .setPoolCleanerInterval(-1)
                .setNetClientOptions(netOptions());
        if (settings.password() != null) {
            options.setPassword(settings.password());
        }
        if (settings.user() != null) {
            options.setUser(settings.user());
        }
        return options;
    }

    private NetClientOptions netOptions() {
        int limit = (int) Math.min(Integer.MAX_VALUE, settings.connectTimeout().toMillis());
        NetClientOptions options = new NetClientOptions()
                .setConnectTimeout(limit)
                .setTcpNoDelay(true)
                .setTcpKeepAlive(true)
                .setReconnectAttempts(0);
        if (settings.tls()) {
            options.setSsl(true)
                    .setSslHandshakeTimeout(limit)
                    .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
                    .setTrustAll(!settings.tlsVerify())
                    .setHostnameVerificationAlgorithm(settings.tlsVerify() ? "HTTPS" : "");
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
