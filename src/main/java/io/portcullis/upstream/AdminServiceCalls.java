package io.portcullis.upstream;

import io.portcullis.bus.BusCall;
import io.vertx.core.json.JsonObject;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What may be asked of the Admin Service on the bus. Each fails with {@link UpstreamException} where it is the service that fails. */
public final class AdminServiceCalls {

    /**
     * For a page of all clients.
     *
     * @param cursor {@link ClientPage#next()} of the page before; null for the first one
     * @param limit most items on it, at least 1
     */
    public record PageQuestion(@Nullable String cursor, int limit) {

        public PageQuestion {
            if (limit < 1) {
                throw new IllegalArgumentException("limit must be at least 1");
            }
        }
    }

    /** Whether it is well. */
    public record HealthQuestion() {}

    /** A page of clients. */
    public static final BusCall<PageQuestion, ClientPage> CLIENTS = BusCall.of("admin-service.clients");

    /** The client of an id, or none. The object is handed on and never changed. */
    public static final BusCall<String, Optional<JsonObject>> CLIENT = BusCall.of("admin-service.client");

    /** Succeeds where the service says that it is well. */
    public static final BusCall<HealthQuestion, Void> HEALTH = BusCall.of("admin-service.health");

    private AdminServiceCalls() {}
}
