package io.portcullis.ingress;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;

/** Tells the decoder of the same connection when an answer goes out. Stands between it and the encoder. */
final class AnswerWatch extends ChannelOutboundHandlerAdapter {

    private final PacedRequestDecoder decoder;

    AnswerWatch(PacedRequestDecoder decoder) {
        this.decoder = decoder;
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        decoder.answered();
        ChannelFuture unused = ctx.write(message, promise);
    }
}
