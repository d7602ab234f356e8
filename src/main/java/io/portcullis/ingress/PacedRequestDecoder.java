package io.portcullis.ingress;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpRequest;
import io.vertx.core.http.HttpServerOptions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads from a connection no more than is answered to it. A request is read when the one before it has its answer, and while the peer takes
 * the answers; until then bytes wait, here one read of them and the rest in the kernel. So what a peer can make us hold does not depend on
 * how many requests it sends at once, and a long row of them does not keep the event loop from other connections.
 *
 * <p>A peer that keeps us waiting, for the rest of a head or to take answers, is watched by {@link StalledPeers}. After the last request of a
 * connection nothing is read any more.
 *
 * <p>One for each connection; belongs to its event loop.
 */
final class PacedRequestDecoder extends StrictRequestDecoder {

    private final StalledPeers stalled;
    private @Nullable ChannelHandlerContext context;
    private boolean inBody;
    private boolean answerDue;
    private boolean held;
    private boolean resuming;
    private boolean ended;
    private boolean watched;

    PacedRequestDecoder(HttpServerOptions options, StalledPeers stalled) {
        super(options);
        this.stalled = stalled;
    }

    /** The first head is waited for from the opening of the connection on. */
    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        awaitHead();
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) throws Exception {
        waitNoMore();
        super.handlerRemoved0(ctx);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
        if (ended) {
            in.skipBytes(in.readableBytes());
            return;
        }
        if (!begun() && (answerDue || !ctx.channel().isWritable())) {
            hold(ctx);
            return;
        }
        super.decode(ctx, in, out);
        if (out.isEmpty()) {
            if (!inBody) {
                awaitHead();
            }
            return;
        }
        if (out.get(0) instanceof HttpRequest request) {
            waitNoMore();
            answerDue = true;
            ended = request.decoderResult().isFailure();
        }
        inBody = begun();
    }

    /** What began and did not end is no request: there is nobody left to tell. */
    @Override
    protected void decodeLast(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        in.skipBytes(in.readableBytes());
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        ended = true;
        super.channelInactive(ctx);
    }

    /** Nothing that comes after the request that was read last is looked at, whenever it comes (RFC 9112 §9.6). */
    void end() {
        ended = true;
        // The connection closes when the peer has taken the answer, which it need not do.
        awaitReader();
    }

    /** An answer, or the beginning of one, is on its way out. */
    void answered() {
        answerDue = false;
        resumeSoon();
    }

    void close() {
        if (context != null) {
            ChannelFuture unused = context.close();
        }
    }

    /** Runs on the event loop, which sees to other connections before it comes back to this one. */
    private void resume(ChannelHandlerContext ctx) {
        resuming = false;
        if (ctx.isRemoved() || !held || answerDue || !ctx.channel().isWritable()) {
            return;
        }
        held = false;
        waitNoMore();
        try {
            channelRead(ctx, Unpooled.EMPTY_BUFFER);
            if (!held) {
                ctx.channel().config().setAutoRead(true);
            }
            channelReadComplete(ctx);
        } catch (Exception e) {
            ctx.fireExceptionCaught(e);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
        if (!held) {
            super.channelReadComplete(ctx);
            return;
        }
        // Not the super class's: it would ask the channel for more bytes, since none of the last ones were used.
        ctx.fireChannelReadComplete();
        Channel channel = ctx.channel();
        if (held && !channel.isWritable() && !answerDue) {
            awaitReader();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        ctx.fireChannelWritabilityChanged();
        if (ctx.channel().isWritable()) {
            resumeSoon();
        }
    }

    private void hold(ChannelHandlerContext ctx) {
        held = true;
        ctx.channel().config().setAutoRead(false);
    }

    private void resumeSoon() {
        ChannelHandlerContext ctx = context;
        if (held && !resuming && ctx != null) {
            resuming = true;
            ctx.executor().execute(() -> resume(ctx));
        }
    }

    private void awaitHead() {
        if (!watched) {
            watched = true;
            stalled.awaitHead(this);
        }
    }

    private void awaitReader() {
        if (!watched) {
            watched = true;
            stalled.awaitReader(this);
        }
    }

    private void waitNoMore() {
        if (watched) {
            watched = false;
            stalled.forget(this);
        }
    }
}
