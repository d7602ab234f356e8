package io.portcullis.load;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The Admin Service, as far as a sync asks it: {@code GET /clients?limit=&cursor=}, any number of clients made up from their numbers. The same
 * ones as {@link #INSERT} puts into a registry.
 */
final class SyncSource implements AutoCloseable {

    /** Parameters: the first number, and the one behind the last. */
    static final String INSERT = """
            insert into client_registry.clients (client_id, client_code, client_secret_hash, bap_id, bap_uri, rate_limit, allowed_ips, status,
                tenant_id, owner_user_id, metadata)
            select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'client-' || n, 'sha256:' || lpad(n::text, 64, '0'),
                'bap-' || n || '.example.org', 'https://bap-' || n || '.example.org/callback', 100 + n % 10 * 100,
                case when n % 4 = 0 then array[('10.' || n % 200 || '.0.0/16')::cidr] end, 'ACTIVE', 't-' || n % 100, 'u-' || n % 1000,
                case when n % 3 = 0 then '{"tier":"gold"}'::jsonb else '{"tier":"silver"}'::jsonb end
            from generate_series(?::bigint, ?::bigint - 1) n""";

    /** What is not as it was made up, by the client's number. */
    enum Twist {
        SUSPENDED,
        FAULTY
    }

    private static final Pattern QUERY = Pattern.compile("limit=([0-9]+)(?:&cursor=([0-9]+))?");

    private final int clients;
    private final Map<Integer, Twist> twists;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(2);

    SyncSource(int clients, Map<Integer, Twist> twists) throws IOException {
        this.clients = clients;
        this.twists = Map.copyOf(twists);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/clients", this::page);
        server.setExecutor(threads);
        server.start();
    }

    static String id(int n) {
        return "00000000-0000-4000-8000-" + String.format("%012d", n);
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private void page(HttpExchange exchange) throws IOException {
        Matcher query = QUERY.matcher(String.valueOf(exchange.getRequestURI().getQuery()));
        if (!query.matches()) {
            exchange.sendResponseHeaders(400, -1);
            return;
        }
        int from = query.group(2) == null ? 0 : Integer.parseInt(query.group(2));
        int to = Math.min(clients, from + Integer.parseInt(query.group(1)));
        StringBuilder json = new StringBuilder((to - from) * 500).append("{\"items\":[");
        for (int n = from; n < to; n++) {
            json.append(n == from ? "" : ",");
            client(json, n);
        }
        json.append("],\"next\":")
                .append(to == clients ? "null" : "\"" + to + "\"")
                .append('}');
        byte[] body = json.toString().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private void client(StringBuilder json, int n) {
        Twist twist = twists.get(n);
        String number = Integer.toString(n);
        json.append("{\"client_id\":\"00000000-0000-4000-8000-")
                .append("0".repeat(12 - number.length()))
                .append(number)
                .append("\",\"client_code\":\"client-")
                .append(number)
                .append("\",\"client_secret_hash\":\"sha256:")
                .append("0".repeat(64 - number.length()))
                .append(number)
                .append("\",\"bap_id\":\"bap-")
                .append(number)
                .append(".example.org\",\"bap_uri\":\"https://bap-")
                .append(number)
                .append(".example.org/callback\",\"rate_limit\":")
                .append(twist == Twist.FAULTY ? -1 : 100 + n % 10 * 100)
                .append(",\"allowed_ips\":[")
                .append(n % 4 == 0 ? "\"10." + n % 200 + ".0.0/16\"" : "")
                .append("],\"status\":\"")
                .append(twist == Twist.SUSPENDED ? "SUSPENDED" : "ACTIVE")
                .append("\",\"tenant_id\":\"t-")
                .append(n % 100)
                .append("\",\"owner_user_id\":\"u-")
                .append(n % 1000)
                .append("\",\"metadata\":{\"tier\":\"")
                .append(n % 3 == 0 ? "gold" : "silver")
                .append("\"},\"version\":1,\"updated_at\":\"2026-01-01T00:00:00Z\"}");
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
