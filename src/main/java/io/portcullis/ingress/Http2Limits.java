package io.portcullis.ingress;

import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServerOptions;
import java.util.concurrent.TimeUnit;

/**
 * What one HTTP/2 connection may ask of us. Who goes beyond it is told to calm down (RFC 9113 §7, ENHANCE_YOUR_CALM) and disconnected.
 */
final class Http2Limits {

    /** Requests under way on one connection (RFC 9113 §5.1.2). */
    static final int MOST_STREAMS = 100;

    /**
     * Resets received, and resets that a peer makes us send, in a window. CVE-2023-44487 (rapid reset) and CVE-2025-8671 (made you reset): a
     * stream that is reset no longer counts against the streams, its request is work all the same. An honest proxy resets what its own callers
     * give up.
     */
    static final int MOST_RESETS = 500;

    static final int RESET_WINDOW_SECONDS = 5;

    /** CVE-2024-27316: frames of a header block that hardly carry anything. */
    static final int MOST_SMALL_CONTINUATIONS = 16;

    private Http2Limits() {}

    /** @param maxHeadSize of a request's fields as RFC 9113 §6.5.2 counts them, bytes: beyond it 431, far beyond it the connection ends */
    static void apply(HttpServerOptions options, int maxHeadSize) {
        options.setInitialSettings(new Http2Settings()
                        .setMaxConcurrentStreams(MOST_STREAMS)
                        .setMaxHeaderListSize(maxHeadSize)
                        .setPushEnabled(false))
                .setHttp2RstFloodMaxRstFramePerWindow(MOST_RESETS)
                .setHttp2RstFloodWindowDuration(RESET_WINDOW_SECONDS)
                .setHttp2RstFloodWindowDurationTimeUnit(TimeUnit.SECONDS)
                .setHttp2MaxSmallContinuationFrames(MOST_SMALL_CONTINUATIONS);
    }
}
