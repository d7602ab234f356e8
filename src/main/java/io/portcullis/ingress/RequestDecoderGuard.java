package io.portcullis.ingress;

import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.Http1xServerConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.time.Duration;

/**
 * Puts our decoder in the place of Vert.x's, on the connections of one event loop: it reads requests by the letter
 * ({@link StrictRequestDecoder}), one at a time, and from no peer that keeps us waiting ({@link PacedRequestDecoder}). HTTP/2 has a codec of
 * its own: its connections are counted, and otherwise left alone.
 */
public final class RequestDecoderGuard {

    private static final String DECODER = "httpDecoder";

    /** Answers that wait for the peer: above the higher mark no further request is read, until they are below the lower one. Bytes. */
    private static final WriteBufferWaterMark UNSENT = new WriteBufferWaterMark(8 << 10, 32 << 10);

    private static final long LEAST_SWEEP_MILLIS = 10;
    private static final long MOST_SWEEP_MILLIS = 1000;

    private final HttpServerOptions options;
    private final StalledPeers stalled;
    private final OpenConnections connections;

    /**
     * To be made on the event loop whose connections it protects.
     *
     * @param patience how long a peer may take for a request head, or to read answers; kept to an eighth, or a second if that is less
     */
    public RequestDecoderGuard(HttpServerOptions options, Vertx vertx, Duration patience, OpenConnections connections) {
        this.options = options;
        this.connections = connections;
        this.stalled = new StalledPeers(patience, System::nanoTime, connections);
        long sweep = Math.max(LEAST_SWEEP_MILLIS, Math.min(MOST_SWEEP_MILLIS, patience.toMillis() / 8));
        vertx.setPeriodic(sweep, timer -> stalled.closeDue());
    }

    /** To be called from the server's connection handler, which runs before the connection reads. Closes one that is too many. */
    public void protect(HttpConnection connection) {
        if (!connections.admit()) {
            connection.close();
            return;
        }
        ((ConnectionBase) connection).channel().closeFuture().addListener(closed -> connections.closed());
        if (connection instanceof Http1xServerConnection http1) {
            ChannelPipeline pipeline = http1.channelHandlerContext().pipeline();
            PacedRequestDecoder decoder = new PacedRequestDecoder(options, stalled);
            pipeline.replace(DECODER, DECODER, decoder);
            pipeline.addAfter(DECODER, null, new AnswerWatch(decoder));
            pipeline.channel().config().setWriteBufferWaterMark(UNSENT);
        }
    }

    /** To be called when the answer under way is this connection's last: what was sent after its request is not looked at. */
    static void end(HttpConnection connection) {
        if (connection instanceof Http1xServerConnection http1
                && http1.channelHandlerContext().pipeline().get(DECODER) instanceof PacedRequestDecoder decoder) {
            decoder.end();
        }
    }
}
