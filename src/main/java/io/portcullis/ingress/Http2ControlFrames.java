package io.portcullis.ingress;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Settings;
import io.vertx.core.http.HttpConnection;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts what a peer sends beside requests: PING (CVE-2019-9512), SETTINGS (CVE-2019-9515), PRIORITY (CVE-2019-9513) and frames nobody knows.
 * The codec bounds only the answers to them that the peer does not fetch. One listener for each connection; belongs to its event loop.
 */
final class Http2ControlFrames extends Http2FrameListenerDecorator {

    private static final Logger log = LoggerFactory.getLogger(Http2ControlFrames.class);

    /** In a window: a hundred a second, where a busy client sends a few. */
    static final int MOST = 1000;

    private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);

    private long windowBegan = System.nanoTime();
    private int count;

    private Http2ControlFrames(Http2FrameListener listener) {
        super(listener);
    }

    /** To be called from the server's connection handler, which runs before the connection reads; leaves HTTP/1.1 alone. */
    static void limit(HttpConnection connection) {
        Http2ConnectionHandler http2 = Http2Requests.codec(connection);
        if (http2 != null) {
            http2.decoder().frameListener(new Http2ControlFrames(http2.decoder().frameListener()));
            // What a peer does wrong comes here, once for each frame behind the limit as well: no defect of ours, and
            // no line of the log each.
            connection.exceptionHandler(
                    failure -> log.debug("event=http2.peer_failed reason=\"{}\"", failure.getMessage()));
        }
    }

    @Override
    public void onPingRead(ChannelHandlerContext context, long data) throws Http2Exception {
        count();
        super.onPingRead(context, data);
    }

    @Override
    public void onSettingsRead(ChannelHandlerContext context, Http2Settings settings) throws Http2Exception {
        count();
        super.onSettingsRead(context, settings);
    }

    @Override
    public void onPriorityRead(
            ChannelHandlerContext context, int streamId, int dependency, short weight, boolean exclusive)
            throws Http2Exception {
        count();
        super.onPriorityRead(context, streamId, dependency, weight, exclusive);
    }

    @Override
    public void onUnknownFrame(
            ChannelHandlerContext context, byte type, int streamId, Http2Flags flags, ByteBuf payload)
            throws Http2Exception {
        count();
        super.onUnknownFrame(context, type, streamId, flags, payload);
    }

    private void count() throws Http2Exception {
        long now = System.nanoTime();
        if (now - windowBegan >= WINDOW_NANOS) {
            windowBegan = now;
            count = 0;
        }
        if (++count > MOST) {
            throw Http2Exception.connectionError(Http2Error.ENHANCE_YOUR_CALM, "too many control frames");
        }
    }
}
