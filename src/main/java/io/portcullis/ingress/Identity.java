package io.portcullis.ingress;

import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.auth.Decision;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who calls, as headers. Behind a gateway these names are the gateway's alone: every front end has to overwrite or drop what a caller
 * sends under them.
 */
final class Identity {

    private static final CharSequence X_CLIENT_ID = HttpHeaders.createOptimized("X-Client-Id");
    private static final CharSequence X_CLIENT_CODE = HttpHeaders.createOptimized("X-Client-Code");
    private static final CharSequence X_TENANT_ID = HttpHeaders.createOptimized("X-Tenant-Id");
    private static final CharSequence X_USER_ID = HttpHeaders.createOptimized("X-User-Id");
    private static final CharSequence X_KEY_ID = HttpHeaders.createOptimized("X-Key-Id");
    private static final CharSequence X_SCOPES = HttpHeaders.createOptimized("X-Scopes");
    private static final CharSequence X_BAP_ID = HttpHeaders.createOptimized("X-Bap-Id");
    private static final CharSequence X_BAP_URI = HttpHeaders.createOptimized("X-Bap-Uri");
    private static final CharSequence X_AUTH_STALE = HttpHeaders.createOptimized("X-Auth-Stale");

    /** All there are but {@code X-Request-Id}, which every answer has. */
    static final List<CharSequence> NAMES = List.of(
            X_CLIENT_ID, X_CLIENT_CODE, X_TENANT_ID, X_USER_ID, X_KEY_ID, X_SCOPES, X_BAP_ID, X_BAP_URI, X_AUTH_STALE);

    private static final CharSequence TRUE = HttpHeaders.createOptimized("true");
    private static final CharSequence EMPTY = HttpHeaders.createOptimized("");

    private Identity() {}

    /** Adds each header that there is a value for. */
    static void add(MultiMap headers, Decision.Allowed allowed) {
        Client client = allowed.client();
        ClientKey key = allowed.key();
        headers.add(X_CLIENT_ID, client.clientId());
        add(headers, X_CLIENT_CODE, client.clientCode());
        add(headers, X_TENANT_ID, client.tenantId());
        add(headers, X_USER_ID, client.ownerUserId());
        if (key != null) {
            headers.add(X_KEY_ID, key.keyId());
        }
        add(headers, X_SCOPES, key != null && key.scopesText() != null ? key.scopesText() : client.scopesText());
        add(headers, X_BAP_ID, client.bapId());
        add(headers, X_BAP_URI, client.bapUri());
        if (allowed.stale()) {
            headers.add(X_AUTH_STALE, TRUE);
        }
    }

    /** The same and the other names, empty: for a front end that keeps the caller's own header where the answer has none. */
    static List<CharSequence> addAll(MultiMap headers, Decision.Allowed allowed) {
        add(headers, allowed);
        List<CharSequence> absent = new ArrayList<>(NAMES.size());
        for (CharSequence name : NAMES) {
            if (!headers.contains(name)) {
                headers.add(name, EMPTY);
                absent.add(name);
            }
        }
        return absent;
    }

    private static void add(MultiMap headers, CharSequence name, @Nullable String value) {
        if (value != null) {
            headers.add(name, value);
        }
    }
}
