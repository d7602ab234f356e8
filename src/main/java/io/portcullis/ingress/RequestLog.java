package io.portcullis.ingress;

import io.portcullis.auth.IpAddress;
import io.portcullis.auth.OriginalRequest;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A line for each decided request, where the level asks for it: what the caller wanted of the front end, from where, and what became of it.
 * Never a query, which may hold what is nobody's business.
 */
final class RequestLog {

    private static final Logger log = LoggerFactory.getLogger(RequestLog.class);

    private static final int LONGEST = 200;

    private RequestLog() {}

    static boolean on() {
        return log.isDebugEnabled();
    }

    /** @param original what the front end says, null where it says nothing or is not believed */
    static void decided(
            HttpServerRequest request,
            @Nullable OriginalRequest original,
            @Nullable IpAddress caller,
            String outcome,
            String requestId) {
        String method = original == null ? null : original.method();
        String uri = original == null ? null : original.uri();
        log.debug(
                "event=request.decided request_id={} outcome={} method={} path=\"{}\" host=\"{}\" scheme={} address={}",
                requestId,
                outcome,
                shown(method == null ? request.method().name() : method),
                path(uri == null ? request.uri() : uri),
                shown(original == null ? null : original.host()),
                shown(original == null ? null : original.scheme()),
                caller == null ? "-" : caller);
    }

    private static String path(String uri) {
        int question = uri.indexOf('?');
        String path = question < 0 ? uri : uri.substring(0, question);
        return path.contains("pk_") ? "***" : shown(path);
    }

    /** Bounded, and nothing in it that could end the field or the line. */
    private static String shown(@Nullable String text) {
        if (text == null || text.isEmpty()) {
            return "-";
        }
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < Math.min(text.length(), LONGEST); i++) {
            char c = text.charAt(i);
            shown.append(c <= ' ' || c > '~' || c == '"' ? '?' : c);
        }
        return shown.toString();
    }
}
