package io.portcullis.cache;

import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/** Opens connections that have introduced themselves and been answered, each within the connect time-out. Belongs to one event loop. */
final class RedisDialler {

    private final ContextInternal context;
    private final RedisSettings settings;
    private final RedisConnection.Line line;
    private final NetClient client;

    RedisDialler(ContextInternal context, RedisSettings settings, RedisConnection.Line line) {
        this.context = context;
        this.settings = settings;
        this.line = line;
        this.client = context.owner().createNetClient(options(settings));
    }

    private static NetClientOptions options(RedisSettings settings) {
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

    /** Call on the context. Fails with a {@link RedisFailure} only. */
    Future<RedisConnection> dial(RedisConnection.Owner owner) {
        long limit = System.nanoTime() + settings.connectTimeout().toNanos();
        Future<NetSocket> connecting = client.connect(settings.port(), settings.host());
        return connecting
                .timeout(settings.connectTimeout().toMillis(), TimeUnit.MILLISECONDS)
                .onFailure(tooLate -> connecting.onSuccess(NetSocket::close))
                .compose(socket -> introduce(new RedisConnection(context, socket, owner, line), limit))
                .recover(failure -> Future.failedFuture(reason(failure)));
    }

    /** RESP2 is what a server speaks to who says no HELLO. PING finds out LOADING, NOAUTH and a peer that is no Redis. */
    private Future<RedisConnection> introduce(RedisConnection connection, long limit) {
        List<Future<Reply>> steps = new ArrayList<>(3);
        String password = settings.password();
        if (password != null) {
            String user = settings.user();
            RequestWriter auth =
                    user == null ? RequestWriter.of("AUTH", password) : RequestWriter.of("AUTH", user, password);
            steps.add(connection.ask(RedisOperation.SET_UP, auth, limit));
        }
        if (settings.db() > 0) {
            RequestWriter select = RequestWriter.of("SELECT", Integer.toString(settings.db()));
            steps.add(connection.ask(RedisOperation.SET_UP, select, limit));
        }
        steps.add(connection.ask(RedisOperation.PING, RequestWriter.of("PING"), limit));
        return Future.all(steps).map(connection).onFailure(failure -> connection.close(reason(failure)));
    }

    private static RedisFailure reason(Throwable failure) {
        if (failure instanceof RedisFailure known) {
            return known;
        }
        return new RedisFailure.Unavailable(word(failure));
    }

    private static String word(Throwable failure) {
        if (failure instanceof ConnectException) {
            return "connection refused";
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
        return failure.getClass().getSimpleName();
    }

    Future<Void> close() {
        return client.close();
    }
}
