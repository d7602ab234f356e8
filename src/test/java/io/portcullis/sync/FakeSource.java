package io.portcullis.sync;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Clients in memory, in the order of their ids, served as the Admin Service would. */
final class FakeSource implements ClientSource {

    private final NavigableMap<String, JsonObject> clients = new TreeMap<>();
    private final AtomicInteger asked = new AtomicInteger();
    /** What is done instead of answering the n-th question, from 1; null for nothing. */
    private volatile IntFunction<@Nullable Future<Page>> instead = n -> null;

    /** As the source has it: code, status, rate and a version. */
    static JsonObject client(int n) {
        return new JsonObject()
                .put("client_id", id(n))
                .put("client_code", "code-" + n)
                .put("client_secret_hash", "sha256:" + "0".repeat(60) + String.format("%04d", n % 10000))
                .put("tenant_id", "t-" + n % 7)
                .put("allowed_ips", List.of("10.1.0.0/16"))
                .put("rate_limit", 100)
                .put("status", "ACTIVE")
                .put("metadata", new JsonObject().put("tier", "gold"))
                .put("version", 3)
                .put("updated_at", "2026-01-01T00:00:00Z");
    }

    static String id(int n) {
        return String.format("00000000-0000-4000-8000-%012d", n);
    }

    FakeSource with(int count) {
        for (int n = 0; n < count; n++) {
            put(client(n));
        }
        return this;
    }

    synchronized FakeSource put(JsonObject client) {
        clients.put(client.getString("client_id"), client);
        return this;
    }

    synchronized FakeSource remove(int n) {
        clients.remove(id(n));
        return this;
    }

    synchronized FakeSource clear() {
        clients.clear();
        return this;
    }

    FakeSource instead(IntFunction<@Nullable Future<Page>> what) {
        asked.set(0);
        instead = what;
        return this;
    }

    int asked() {
        return asked.get();
    }

    @Override
    public Future<Page> page(@Nullable String cursor, int limit, Deadline deadline) {
        Future<Page> other = instead.apply(asked.incrementAndGet());
        return other != null ? other : Future.succeededFuture(page(cursor, limit));
    }

    private synchronized Page page(@Nullable String cursor, int limit) {
        NavigableMap<String, JsonObject> rest = cursor == null ? clients : clients.tailMap(cursor, false);
        List<JsonObject> items = new ArrayList<>();
        String last = null;
        for (var entry : rest.entrySet()) {
            if (items.size() == limit) {
                return new Page(items, last);
            }
            items.add(entry.getValue().copy());
            last = entry.getKey();
        }
        return new Page(items, null);
    }
}
