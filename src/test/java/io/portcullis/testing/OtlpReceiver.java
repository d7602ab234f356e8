package io.portcullis.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A collector of spans: takes {@code POST /v1/traces} and keeps what came, as bytes and as spans. Reads of opentelemetry-proto's
 * {@code trace.proto} only what the tests ask for.
 */
public final class OtlpReceiver implements AutoCloseable {

    /** What came of one span; attributes that are no text are left out. Ids in hexadecimal. */
    public record Span(String traceId, String spanId, String parentId, String name, Map<String, String> attributes) {}

    private final HttpServer server;
    private final List<byte[]> bodies = new CopyOnWriteArrayList<>();
    private final List<Span> spans = new CopyOnWriteArrayList<>();

    private OtlpReceiver(HttpServer server) {
        this.server = server;
    }

    /** @param port 0 for a free one */
    public static OtlpReceiver start(int port) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        OtlpReceiver receiver = new OtlpReceiver(server);
        server.createContext("/v1/traces", receiver::take);
        server.start();
        return receiver;
    }

    public int port() {
        return server.getAddress().getPort();
    }

    public String endpoint() {
        return "http://127.0.0.1:" + port() + "/v1/traces";
    }

    public List<Span> spans() {
        return List.copyOf(spans);
    }

    /** All that came, one char a byte. */
    public String raw() {
        StringBuilder all = new StringBuilder();
        bodies.forEach(body -> all.append(new String(body, StandardCharsets.ISO_8859_1)));
        return all.toString();
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private void take(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        boolean right = exchange.getRequestMethod().equals("POST");
        if (right) {
            bodies.add(body);
            // ExportTraceServiceRequest.resource_spans, ResourceSpans.scope_spans, ScopeSpans.spans
            for (byte[] resource : messages(body, 1)) {
                for (byte[] scope : messages(resource, 2)) {
                    messages(scope, 2).forEach(span -> spans.add(span(span)));
                }
            }
        }
        exchange.sendResponseHeaders(right ? 200 : 405, -1);
        exchange.close();
    }

    private static Span span(byte[] bytes) {
        Map<String, String> attributes = new LinkedHashMap<>();
        for (byte[] attribute : messages(bytes, 9)) {
            for (byte[] value : messages(attribute, 2)) {
                messages(value, 1).forEach(text -> attributes.put(text(messages(attribute, 1)), text(List.of(text))));
            }
        }
        return new Span(
                hex(messages(bytes, 1)),
                hex(messages(bytes, 2)),
                hex(messages(bytes, 4)),
                text(messages(bytes, 5)),
                attributes);
    }

    private static String hex(List<byte[]> values) {
        return values.isEmpty() ? "" : HexFormat.of().formatHex(values.get(0));
    }

    private static String text(List<byte[]> values) {
        return values.isEmpty() ? "" : new String(values.get(0), StandardCharsets.UTF_8);
    }

    /** The values of a field that have a length (wire type 2). */
    private static List<byte[]> messages(byte[] bytes, int field) {
        List<byte[]> found = new ArrayList<>();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        while (in.hasRemaining()) {
            int tag = (int) varint(in);
            switch (tag & 7) {
                case 0 -> varint(in);
                case 1 -> in.position(in.position() + 8);
                case 5 -> in.position(in.position() + 4);
                case 2 -> {
                    byte[] value = new byte[(int) varint(in)];
                    in.get(value);
                    if (tag >>> 3 == field) {
                        found.add(value);
                    }
                }
                default -> throw new IllegalArgumentException("no protobuf");
            }
        }
        return found;
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = in.get();
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }
}
