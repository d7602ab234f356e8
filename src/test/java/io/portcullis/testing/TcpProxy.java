package io.portcullis.testing;

import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** A way to a real server that can be cut (open connections break, new ones are refused at once) or frozen (nothing passes), until healed. */
public final class TcpProxy implements AutoCloseable {

    private final Vertx vertx;
    private final String host;
    private final int port;
    private final NetClient client;
    private final Set<NetSocket> open = ConcurrentHashMap.newKeySet();
    private final NetServer server;
    private volatile boolean cut;
    private volatile boolean frozen;

    private TcpProxy(Vertx vertx, String host, int port) throws Exception {
        this.vertx = vertx;
        this.host = host;
        this.port = port;
        this.client = vertx.createNetClient();
        this.server = vertx.createNetServer()
                .connectHandler(this::accept)
                .listen(0, "127.0.0.1")
                .await(10, TimeUnit.SECONDS);
    }

    public static TcpProxy to(String host, int port) throws Exception {
        return new TcpProxy(Vertx.vertx(), host, port);
    }

    public int port() {
        return server.actualPort();
    }

    public void cut() {
        cut = true;
        open.forEach(NetSocket::close);
    }

    /** Connections stay, and nothing passes any more: the server hangs. Heal breaks them. */
    public void freeze() {
        frozen = true;
        open.forEach(NetSocket::pause);
    }

    public void heal() {
        cut = false;
        if (frozen) {
            frozen = false;
            open.forEach(NetSocket::close);
        }
    }

    @Override
    public void close() {
        vertx.close().await();
    }

    private void accept(NetSocket near) {
        if (cut) {
            near.close();
            return;
        }
        open.add(near);
        near.pause();
        client.connect(port, host)
                .onSuccess(far -> {
                    open.add(far);
                    near.handler(far::write);
                    far.handler(near::write);
                    near.closeHandler(closed -> forget(near, far));
                    far.closeHandler(closed -> forget(far, near));
                    if (frozen) {
                        far.pause();
                    } else {
                        near.resume();
                    }
                })
                .onFailure(failure -> near.close());
    }

    private void forget(NetSocket gone, NetSocket other) {
        open.remove(gone);
        other.close();
    }
}
