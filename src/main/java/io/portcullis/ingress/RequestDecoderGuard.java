package io.portcullis.ingress;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPipeline;
import io.netty.util.AsciiString;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.Http1xServerConnection;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;

/**
 * Closes CVE-2026-102479. Vert.x up to 5.0.12 recognises common header names by their first bytes but skips one of them, so that
 * {@code Content-Xength: 55} is taken for {@code Content-Length}: whoever sends it through a proxy that keeps connections alive can put
 * a request of his own in front of the next caller's. This decoder believes a recognised name only if it is, letter for letter, what was
 * received. It replaces the connection's decoder before the first byte is read.
 *
 * <p>To be dropped with the first Vert.x that compares all bytes; the tests that send the bytes stay.
 */
public final class RequestDecoderGuard {

    private static final String DECODER = "httpDecoder";

    private final HttpServerOptions options;

    public RequestDecoderGuard(HttpServerOptions options) {
        this.options = options;
    }

    /** To be called from the server's connection handler, which runs before the connection reads. */
    public void protect(HttpConnection connection) {
        if (connection instanceof Http1xServerConnection http1) {
            ChannelPipeline pipeline = http1.channelHandlerContext().pipeline();
            ChannelHandler decoder = new Decoder(options);
            pipeline.replace(DECODER, DECODER, decoder);
        }
    }

    private static final class Decoder extends VertxHttpRequestDecoder {

        Decoder(HttpServerOptions options) {
            super(options);
        }

        @Override
        protected AsciiString splitHeaderName(byte[] bytes, int start, int length) {
            AsciiString name = super.splitHeaderName(bytes, start, length);
            return isWhatWasReceived(name, bytes, start, length) ? name : new AsciiString(bytes, start, length, true);
        }

        private static boolean isWhatWasReceived(AsciiString name, byte[] bytes, int start, int length) {
            if (name.length() != length) {
                return false;
            }
            for (int i = 0; i < length; i++) {
                if (lowerCase(name.byteAt(i)) != lowerCase(bytes[start + i])) {
                    return false;
                }
            }
            return true;
        }

        private static int lowerCase(byte b) {
            return b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b;
        }
    }
}
