package io.portcullis.testing;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The Admin Service, as far as we ask it: {@code GET /clients?cursor=&limit=} in the order of ids, {@code GET /clients/{id}},
 * {@code GET /health}. Its clients are made up from their index at each request and are the same each time, so that there may be a million;
 * single ones can be changed, removed and added. The secret of client {@code n} is {@code secret-n}.
 *
 * <p>By hand, from the project's folder:
 *
 * <pre>
 * mvn -q test-compile dependency:build-classpath -Dmdep.includeScope=test -Dmdep.outputFile=target/test.classpath
 * java -cp target/test-classes:target/classes:$(cat target/test.classpath) \
 *     io.portcullis.testing.AdminServiceStandIn --port 3003 --clients 1000000 --token letmein
 *
 * curl -s -H 'Authorization: Bearer letmein' 'http://127.0.0.1:3003/api/v1/clients?limit=2'
 * curl -s -X PUT -d '{"fail_every":2,"status":500}' http://127.0.0.1:3003/faults
 * </pre>
 */
public final class AdminServiceStandIn extends StandInServer {

    private static final Instant EPOCH = Instant.parse("2026-01-01T00:00:00Z");
    private static final int MOST_ON_A_PAGE = 10_000;

    private final int clients;

    /** What is not as it was made up; empty for a client that is gone. */
    private final ConcurrentSkipListMap<String, Optional<JsonObject>> overrides = new ConcurrentSkipListMap<>();

    /**
     * Listens.
     *
     * @param port 0 for a free one
     * @param clients that are made up
     * @param token that every request must bear; null where none needs to
     */
    public AdminServiceStandIn(int port, int clients, @Nullable String token) {
        super(token);
        this.clients = clients;
        listen(port);
    }

    /** Runs until it is ended. */
    public static void main(String[] args) {
        StandInArguments arguments = new StandInArguments(args, "port", "clients", "token");
        AdminServiceStandIn service = new AdminServiceStandIn(
                arguments.number("port", 3003), arguments.number("clients", 1000), arguments.text("token"));
        System.out.println("Admin Service stand-in: " + service.url());
    }

    /** Of the client with that index, from 0. */
    public static String id(int index) {
        return StandInIds.of(index);
    }

    /** As it was made up, to be changed and given to {@link #put}. */
    public static JsonObject madeUp(int index) {
        return new JsonObject(madeUpJson(index));
    }

    /** Adds a client, or has it be so from now on. */
    public void put(JsonObject client) {
        overrides.put(client.getString("client_id"), Optional.of(client.copy()));
    }

    /** It was never there. */
    public void remove(String id) {
        overrides.put(id, Optional.empty());
    }

    @Override
    void answer(HttpServerRequest request, String path, boolean wrongId) {
        if (path.equals("/clients")) {
            page(request);
        } else if (path.startsWith("/clients/")) {
            String id = wrongId ? id(clients / 2) : segment(path, "/clients/");
            String client = client(id);
            if (client == null) {
                notFound(request);
            } else {
                send(request, 200, client);
            }
        } else {
            notFound(request);
        }
    }

    private void page(HttpServerRequest request) {
        int limit;
        try {
            limit = Integer.parseInt(
                    Optional.ofNullable(request.getParam("limit")).orElse("100"));
        } catch (NumberFormatException e) {
            limit = 0;
        }
        if (limit < 1 || limit > MOST_ON_A_PAGE) {
            send(request, 400, "{\"error\":\"limit\"}");
            return;
        }
        String cursor = Optional.ofNullable(request.getParam("cursor")).orElse("");
        StringBuilder json = new StringBuilder(512 * limit).append("{\"items\":[");
        String last = cursor;
        int count = 0;
        String id = nextId(last);
        for (; id != null && count < limit; id = nextId(last)) {
            last = id;
            String client = client(id);
            if (client != null) {
                json.append(count++ == 0 ? "" : ",").append(client);
            }
        }
        json.append("],\"next\":")
                .append(id == null ? "null" : '"' + last + '"')
                .append('}');
        send(request, 200, json.toString());
    }

    /** The next id, of a client that may be gone. */
    private @Nullable String nextId(String last) {
        long index = StandInIds.after(last);
        String madeUp = index < clients ? StandInIds.of(index) : null;
        Map.Entry<String, ?> override = overrides.higherEntry(last);
        if (madeUp == null || override == null) {
            return madeUp != null ? madeUp : override == null ? null : override.getKey();
        }
        return madeUp.compareTo(override.getKey()) < 0 ? madeUp : override.getKey();
    }

    private @Nullable String client(String id) {
        Optional<JsonObject> override = overrides.get(id);
        if (override != null) {
            return override.map(JsonObject::encode).orElse(null);
        }
        long index = StandInIds.indexOf(id);
        return index >= 0 && index < clients ? madeUpJson((int) index) : null;
    }

    private static String madeUpJson(int index) {
        return "{\"client_id\":\"" + id(index)
                + "\",\"client_code\":\"client-" + index
                + "\",\"client_secret_hash\":\"sha256:" + sha256("secret-" + index)
                + "\",\"bap_id\":\"bap-" + index + ".example.org"
                + "\",\"bap_uri\":\"https://bap-" + index + ".example.org/callback"
                + "\",\"rate_limit\":" + (100 + index % 10 * 100)
                + ",\"allowed_ips\":[" + (index % 4 == 0 ? "\"10." + index % 200 + ".0.0/16\"" : "")
                + "],\"status\":\"" + (index % 50 == 49 ? "SUSPENDED" : "ACTIVE")
                + "\",\"tenant_id\":\"" + StandInIds.of(1_000_000_000L + index % 100)
                + "\",\"owner_user_id\":\"" + StandInIds.of(index % 1000)
                + "\",\"metadata\":{\"tier\":\"" + (index % 3 == 0 ? "gold" : "silver")
                + "\"},\"version\":" + (1 + index % 5)
                + ",\"updated_at\":\"" + EPOCH.plusSeconds(index) + "\"}";
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
