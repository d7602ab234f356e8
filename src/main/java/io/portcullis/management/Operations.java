package io.portcullis.management;

import io.portcullis.accounts.Answered;
import io.portcullis.accounts.Refusal;
import io.portcullis.accounts.Reply;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** What answers the contract's operations, by their ids. Those that are not here are answered by {@link Resource}s, or not on this node. */
public final class Operations {

    /** Answers. Called on the management verticle's event loop; a failed future is our fault. */
    @FunctionalInterface
    public interface Handling {
        Future<Answered> handle(Call call);
    }

    /** Reads and writes by itself; the request is paused. */
    @FunctionalInterface
    interface Streaming {
        void handle(Call call, RoutingContext context);
    }

    private final Contract contract;
    private final Map<String, Handling> handlings = new LinkedHashMap<>();
    private final Map<String, Streaming> streamings = new LinkedHashMap<>();

    /** None yet. */
    public Operations() {
        this.contract = Contract.load();
    }

    Contract contract() {
        return contract;
    }

    Contract.RequestBody bodyOf(String id) {
        return Objects.requireNonNull(contract.operation(id).body(), id);
    }

    /** Adds one. */
    public Operations on(String id, Handling handling) {
        handlings.put(id, handling);
        return this;
    }

    Operations streamingOn(String id, Streaming streaming) {
        streamings.put(id, streaming);
        return this;
    }

    Map<String, Handling> handlings() {
        return handlings;
    }

    Map<String, Streaming> streamings() {
        return streamings;
    }

    static Future<Answered> read(Future<Reply> reply) {
        return reply.map(found -> new Answered(found, null, false));
    }

    static Future<Answered> json(Future<JsonObject> body) {
        return body.map(found -> new Answered(Reply.Done.of(found), null, false));
    }

    static Future<Answered> refused(Refusal refusal) {
        return Future.succeededFuture(new Answered(Reply.refused(refusal), null, false));
    }
}
