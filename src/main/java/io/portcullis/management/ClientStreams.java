package io.portcullis.management;

import io.portcullis.accounts.Asked;
import io.portcullis.accounts.Clients;
import io.portcullis.accounts.Imports;
import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Clients by the line (NDJSON), out and in. A page, or a batch, is in hand at a time, however many there are. */
final class ClientStreams {

    static final String MEDIA_TYPE = "application/x-ndjson";

    private static final int PAGE = 1000;

    /** Of one page or batch. */
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Clients clients;
    private final Imports imports;
    private final Contract.RequestBody line;

    /** @param line what a line of an import must be */
    ClientStreams(Clients clients, Imports imports, Contract.RequestBody line) {
        this.clients = clients;
        this.imports = imports;
        this.line = line;
    }

    static Asked renewed(Asked asked) {
        return new Asked(asked.principal(), asked.actor(), asked.correlationId(), null, Deadline.in(LIMIT));
    }

    /** An export that breaks off ends without the last chunk: whoever reads it knows that it is not whole. */
    void export(Call call, RoutingContext context) {
        HttpServerResponse response = context.response();
        page(call, null).onFailure(context::fail).onSuccess(first -> {
            response.setChunked(true).putHeader("Content-Type", MEDIA_TYPE).putHeader("Cache-Control", "no-store");
            write(call, response, first).onSuccess(done -> response.end()).onFailure(failure -> response.reset());
        });
    }

    private Future<List<JsonObject>> page(Call call, @Nullable String after) {
        return clients.page(renewed(call.asked()), AccountOperations.filter(call), after, PAGE);
    }

    private Future<?> write(Call call, HttpServerResponse response, List<JsonObject> page) {
        StringBuilder lines = new StringBuilder();
        page.forEach(client -> lines.append(client.encode()).append('\n'));
        // Completes when it is on its way: a slow reader is not run ahead of.
        Future<?> written = page.isEmpty() ? Future.succeededFuture() : response.write(lines.toString());
        return page.size() < PAGE
                ? written
                : written.compose(then -> page(call, page.get(PAGE - 1).getString("client_id")))
                        .compose(next -> write(call, response, next));
    }

    void register(Call call, RoutingContext context) {
        new ImportStream(call, context, imports, line).run();
    }
}
