package io.portcullis.load;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * An Admin Service with as many clients as one likes, each made up from its number at each request, in the order of their ids; and the same
 * clients as one SQL statement makes them.
 */
final class SourceOfClients implements AutoCloseable {

    /** Of the numbers from the first up to the second, without it. Says of each what {@link #json} says. */
    static final String INSERT = """
            insert into client_registry.clients (client_id, client_code, client_secret_hash, bap_id, bap_uri, rate_limit, allowed_ips,
                status, tenant_id, owner_user_id, metadata)
            select ('00000000-0000-4000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 'client-' || i,
                'sha256:' || encode(sha256(('secret-' || i)::bytea), 'hex'), 'bap-' || i, 'https://bap.example/' || i, 100 + i % 10,
                case when i % 4 = 0 then array[('10.' || i % 200 || '.0.0/16')::cidr] end,
                case when i % 50 = 49 then 'SUSPENDED' else 'ACTIVE' end, 'tenant-' || i % 100, 'user-' || i % 1000,
                jsonb_build_object('tier', case when i % 3 = 0 then 'gold' else 'silver' end)
            from generate_series(?::int, ?::int - 1) i""";

    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(2);
    private final int count;

    private SourceOfClients(HttpServer server, int count) {
        this.server = server;
        this.count = count;
    }

    static SourceOfClients start(int count) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 16);
        SourceOfClients source = new SourceOfClients(server, count);
        server.createContext("/clients", source::page);
        server.setExecutor(source.threads);
        server.start();
        return source;
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    static String id(int number) {
        return String.format("00000000-0000-4000-8000-%012x", number);
    }

    /** Whether the client is suspended, there and as it is made. */
    static boolean isSuspended(int number) {
        return number % 50 == 49;
    }

    private void page(HttpExchange exchange) throws IOException {
        int from = 0;
        int limit = 100;
        for (String parameter : exchange.getRequestURI().getQuery().split("&")) {
            if (parameter.startsWith("cursor=")) {
                from = Integer.parseInt(parameter.substring("cursor=".length()));
            } else if (parameter.startsWith("limit=")) {
                limit = Integer.parseInt(parameter.substring("limit=".length()));
            }
        }
        int to = Math.min(count, from + limit);
        StringBuilder page = new StringBuilder(512 * (to - from)).append("{\"items\":[");
        for (int i = from; i < to; i++) {
            page.append(i == from ? "" : ",").append(json(i));
        }
        page.append("],\"next\":")
                .append(to == count ? "null" : "\"" + to + "\"")
                .append('}');
        byte[] body = page.toString().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static String json(int i) {
        return "{\"client_id\":\"" + id(i) + "\",\"client_code\":\"client-" + i + "\",\"client_secret_hash\":\"sha256:"
                + sha256("secret-" + i) + "\",\"bap_id\":\"bap-" + i + "\",\"bap_uri\":\"https://bap.example/" + i
                + "\",\"rate_limit\":" + (100 + i % 10) + ",\"allowed_ips\":["
                + (i % 4 == 0 ? "\"10." + i % 200 + ".0.0/16\"" : "") + "],\"status\":\""
                + (isSuspended(i) ? "SUSPENDED" : "ACTIVE") + "\",\"tenant_id\":\"tenant-" + i % 100
                + "\",\"owner_user_id\":\"user-" + i % 1000 + "\",\"metadata\":{\"tier\":\""
                + (i % 3 == 0 ? "gold" : "silver") + "\"},\"version\":1,\"updated_at\":\"2026-01-01T00:00:00Z\"}";
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
