package io.portcullis.ingress;

import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Stream;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Holds requests that came by HTTP/2 against what only HTTP/2 can bring, before the data plane sees them. A request that is refused ends its
 * stream and no other.
 *
 * <p>Belongs to one event loop.
 */
final class Http2Requests implements Handler<HttpServerRequest> {

    /** How long streams that are under way keep a connection open that is to close. */
    private static final long CLOSING_SECONDS = 30;

    private final DataPlane dataPlane;
    private final int maxUriSize;

    /** @param maxUriSize of {@code :path}, characters: the codec bounds all fields together and none of them alone */
    Http2Requests(DataPlane dataPlane, int maxUriSize) {
        this.dataPlane = dataPlane;
        this.maxUriSize = maxUriSize;
    }

    @Override
    public void handle(HttpServerRequest request) {
        Problem fault = request.version() == HttpVersion.HTTP_2 ? faultOf(request) : null;
        if (fault == null) {
            dataPlane.handle(request);
        } else {
            dataPlane.refuse(request, fault);
        }
    }

    private @Nullable Problem faultOf(HttpServerRequest request) {
        HttpMethod method = request.method();
        if (method.equals(HttpMethod.TRACE) || method.equals(HttpMethod.CONNECT)) {
            return Problem.NOT_IMPLEMENTED;
        }
        if (request.uri().length() > maxUriSize) {
            return Problem.URI_TOO_LONG;
        }
        // One who says neither :authority nor Host cannot say so in HTTP/1.1 either (RFC 9113 §8.3.1, RFC 9112 §3.2).
        return request.authority() == null || announcesBody(request) ? Problem.INVALID_REQUEST : null;
    }

    /** Headers that do not end the stream: content follows, or trailers do (RFC 9113 §8.1). No header needs to say so. */
    private static boolean announcesBody(HttpServerRequest request) {
        Http2ConnectionHandler http2 = codec(request.connection());
        Http2Stream stream = http2 == null ? null : http2.connection().stream(request.streamId());
        return stream == null || stream.state().remoteSideOpen();
    }

    /** Tells the peer that nobody reads the rest, if there is one (RFC 9113 §8.1); NO_ERROR, so that it takes the answer for one. */
    static void endAfterAnswer(HttpServerRequest request) {
        request.response().endHandler(ended -> {
            if (announcesBody(request)) {
                request.response().reset(0);
            }
        });
    }

    /** GOAWAY now; closed when the last stream has ended (RFC 9113 §6.8). */
    static void closeAfterAnswers(HttpConnection connection) {
        connection.shutdown(CLOSING_SECONDS, TimeUnit.SECONDS);
    }

    static @Nullable Http2ConnectionHandler codec(HttpConnection connection) {
        return connection instanceof ConnectionBase base
                        && base.channelHandlerContext().handler() instanceof Http2ConnectionHandler http2
                ? http2
                : null;
    }
}
