package io.portcullis.upstream;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.StreamResetException;
import java.io.IOException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer. When it is over for whatever reason before the answer is complete, the request is reset, which with HTTP/1.1
 * closes its connection: the service is not to go on with it, and what it still sends is not to be taken for another's.
 *
 * <p>Belongs to one event loop.
 */
final class Exchange {

    private final String service;
    private final int maxBodyBytes;
    private final Promise<Answer> answer = Promise.promise();
    private final Buffer body = Buffer.buffer();
    private @Nullable HttpClientRequest request;

    private Exchange(String service, int maxBodyBytes) {
        this.service = service;
        this.maxBodyBytes = maxBodyBytes;
    }

    /**
     * Sends the request.
     *
     * @param millis after which it is given up
     * @param late the failure that it then is
     */
    static Future<Answer> begin(
            Vertx vertx,
            HttpClient client,
            RequestOptions options,
            UpstreamSettings settings,
            long millis,
            UpstreamException late) {
        Exchange exchange = new Exchange(settings.name(), settings.maxBodyBytes());
        long timer = vertx.setTimer(millis, id -> exchange.giveUp(late));
        client.request(options.setConnectTimeout(millis)).onComplete((request, failure) -> {
            if (failure == null) {
                exchange.send(request);
            } else {
                exchange.fail(exchange.notConnected(failure, late));
            }
        });
        return exchange.answer.future().onComplete(done -> vertx.cancelTimer(timer));
    }

    private void send(HttpClientRequest connected) {
        if (isOver()) {
            // Nothing was sent yet: the connection goes back to the pool.
            connected.reset();
            return;
        }
        request = connected;
        // Where there is no handler, Vert.x logs our own reset as an error.
        connected.exceptionHandler(failure -> giveUp(broken(failure)));
        connected.send().onComplete((response, failure) -> {
            if (failure == null) {
                receive(response);
            } else {
                giveUp(broken(failure));
            }
        });
    }

    private void receive(HttpClientResponse response) {
        response.exceptionHandler(failure -> giveUp(broken(failure)));
        int status = response.statusCode();
        if (status < 200 || (status >= 300 && status < 400)) {
            // Where to is for whoever answers to say, and could be anywhere: also where our token must not go.
            giveUp(UpstreamException.malformed(service, "status " + status));
            return;
        }
        if (announced(response) > maxBodyBytes) {
            giveUp(tooLarge());
            return;
        }
        response.handler(this::take);
        response.endHandler(ended -> finish(status));
    }

    private void take(Buffer chunk) {
        if (isOver()) {
            return;
        }
        if (body.length() + chunk.length() > maxBodyBytes) {
            giveUp(tooLarge());
            return;
        }
        body.appendBuffer(chunk);
    }

    private void finish(int status) {
        if (status >= 500) {
            fail(UpstreamException.serverError(service, status));
        } else {
            answer.tryComplete(new Answer(service, status, body));
        }
    }

    private boolean isOver() {
        return answer.future().isComplete();
    }

    private void giveUp(UpstreamException why) {
        if (answer.tryFail(why) && request != null) {
            request.reset();
        }
    }

    private void fail(UpstreamException why) {
        answer.tryFail(why);
    }

    private UpstreamException notConnected(Throwable failure, UpstreamException late) {
        if (failure instanceof ConnectionPoolTooBusyException) {
            return UpstreamException.overloaded(service);
        }
        return failure instanceof TimeoutException ? late : UpstreamException.disconnected(service, "no connection");
    }

    private UpstreamException broken(Throwable failure) {
        boolean lost = failure instanceof HttpClosedException
                || failure instanceof StreamResetException
                || failure instanceof IOException;
        return lost
                ? UpstreamException.disconnected(service, "connection lost before the answer was complete")
                : UpstreamException.malformed(service, "no HTTP");
    }

    private UpstreamException tooLarge() {
        return UpstreamException.malformed(service, "more than " + maxBodyBytes + " bytes");
    }

    /** In bytes; 0 where it does not say. */
    private static long announced(HttpClientResponse response) {
        String length = response.getHeader(HttpHeaders.CONTENT_LENGTH);
        try {
            return length == null ? 0 : Long.parseLong(length);
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
