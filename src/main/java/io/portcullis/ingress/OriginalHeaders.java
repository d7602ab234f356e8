package io.portcullis.ingress;

import io.netty.util.AsciiString;
import io.portcullis.auth.OriginalRequest;
import org.jspecify.annotations.Nullable;

/**
 * The headers by which proxies say what their caller asked for. Where one stands twice the last counts: a proxy that adds instead of
 * replacing adds behind the caller's. Nothing here is believed by itself.
 */
final class OriginalHeaders {

    private static final AsciiString X_ORIGINAL_METHOD = AsciiString.cached("x-original-method");
    private static final AsciiString X_ORIGINAL_URI = AsciiString.cached("x-original-uri");
    private static final AsciiString X_FORWARDED_METHOD = AsciiString.cached("x-forwarded-method");
    private static final AsciiString X_FORWARDED_URI = AsciiString.cached("x-forwarded-uri");
    private static final AsciiString X_FORWARDED_HOST = AsciiString.cached("x-forwarded-host");
    private static final AsciiString X_FORWARDED_PROTO = AsciiString.cached("x-forwarded-proto");

    private @Nullable String originalMethod;
    private @Nullable String originalUri;
    private @Nullable String forwardedMethod;
    private @Nullable String forwardedUri;
    private @Nullable String host;
    private @Nullable String scheme;

    /** Whether a header of this name says something of the original request. */
    static boolean isOne(CharSequence name) {
        return switch (name.length()) {
            case 14 -> X_ORIGINAL_URI.contentEqualsIgnoreCase(name);
            case 15 -> X_FORWARDED_URI.contentEqualsIgnoreCase(name);
            case 16 -> X_FORWARDED_HOST.contentEqualsIgnoreCase(name);
            case 17 ->
                X_ORIGINAL_METHOD.contentEqualsIgnoreCase(name) || X_FORWARDED_PROTO.contentEqualsIgnoreCase(name);
            case 18 -> X_FORWARDED_METHOD.contentEqualsIgnoreCase(name);
            default -> false;
        };
    }

    /** @param name for which {@link #isOne} holds */
    void read(CharSequence name, String value) {
        switch (name.length()) {
            case 14 -> originalUri = value;
            case 15 -> forwardedUri = value;
            case 16 -> host = value;
            case 17 -> {
                if (X_ORIGINAL_METHOD.contentEqualsIgnoreCase(name)) {
                    originalMethod = value;
                } else {
                    scheme = value;
                }
            }
            default -> forwardedMethod = value;
        }
    }

    /** As nginx is told to say it, in {@code X-Original-*}. */
    OriginalRequest original() {
        return new OriginalRequest(originalMethod, originalUri, host, scheme);
    }

    /** As Traefik and Caddy say it, in {@code X-Forwarded-*}. */
    OriginalRequest forwarded() {
        return new OriginalRequest(forwardedMethod, forwardedUri, host, scheme);
    }

    /** In whichever of the two. */
    OriginalRequest either() {
        return originalUri != null ? original() : forwarded();
    }
}
