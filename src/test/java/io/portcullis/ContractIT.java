package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputFormat;
import io.vertx.json.schema.OutputUnit;
import io.vertx.json.schema.Validator;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * Every operation of the OpenAPI file, with input that fits, that does not, and that means harm: never a 5xx, never another tenant's data,
 * and whatever is answered is of the shape that the file promises.
 */
@Timeout(120)
@SuppressWarnings("NullAway.Init") // set before all tests
class ContractIT {

    private static final int ROUNDS = 60;

    private static final String SECRET = "another-tenants-secret";

    /** What has broken other people's servers. */
    private static final List<Object> HOSTILE = List.of(
            "' OR 1=1 --",
            "\"; DROP TABLE clients; --",
            "a\u0000b",
            "\ud800",
            "../../etc/passwd",
            "%00",
            "${jndi:ldap://x}",
            "\r\nX-Evil: 1",
            "x".repeat(3000),
            "\u202e\u0000",
            "ﷺ".repeat(100),
            "",
            " ",
            -1,
            0,
            Long.MAX_VALUE,
            1e308,
            true,
            new JsonArray().add(new JsonArray().add(new JsonArray())),
            new JsonObject().put("$ref", "#/components"),
            new JsonObject().put("a", new JsonObject().putNull("b")),
            "99999999999999999999",
            "2026-02-31T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59-14:00",
            "infinity",
            "NaN");

    /** Of clients of both tenants. */
    private static final String OWNER = "an-owner";

    private static JsonObject document;
    private static TestGateway gateway;
    private static AdminCalls admin;
    private static AdminCalls bound;
    private static JsonObject ours;
    private static JsonObject theirs;
    private static final Map<String, Integer> statuses = new TreeMap<>();

    record Operation(String method, String path, JsonObject spec) {
        @Override
        public String toString() {
            return spec.getString("operationId");
        }

        List<JsonObject> parameters() {
            return spec.getJsonArray("parameters", new JsonArray()).stream()
                    .map(given -> resolved((JsonObject) given))
                    .toList();
        }
    }

    @BeforeAll
    static void start() throws Exception {
        document = document();
        gateway = TestGateway.start(Map.of());
        admin = AdminCalls.of(gateway);
        theirs = registered(new JsonObject()
                .put("client_code", SECRET)
                .put("tenant_id", "them")
                .put("owner_user_id", OWNER));
        JsonObject token =
                new JsonObject().put("name", "us").put("role", "admin").put("tenant_id", "us");
        bound = admin.with(admin.post("/tokens", token).json().getString("token"));
    }

    @AfterAll
    static void stop() {
        gateway.close();
        System.out.println("statuses " + statuses);
    }

    /** One that no operation before has revoked. */
    @BeforeEach
    void renew() throws Exception {
        ours = registered(new JsonObject()
                .put("client_code", "ours")
                .put("tenant_id", "us")
                .put("owner_user_id", OWNER)
                .put("keys", 3));
    }

    static Stream<Operation> operations() {
        if (document == null) {
            document = document();
        }
        JsonObject paths = document.getJsonObject("paths");
        return paths.fieldNames().stream()
                .filter(path -> path.startsWith("/admin/v1"))
                .flatMap(path -> paths.getJsonObject(path).fieldNames().stream()
                        .map(method -> new Operation(
                                method.toUpperCase(java.util.Locale.ROOT),
                                path,
                                paths.getJsonObject(path).getJsonObject(method))))
                // Here only where an Admin Service is configured; it would wait for the barrier's time-out.
                .filter(operation -> !operation.path().contains("/sync/"));
    }

    @ParameterizedTest
    @MethodSource("operations")
    void whateverIsAskedIsAnsweredByTheContract(Operation operation) throws Exception {
        Random random = new Random(operation.toString().hashCode());
        for (int round = 0; round < ROUNDS; round++) {
            AdminCalls caller = round % 3 == 0 ? admin : bound;
            // From all that fits to all that does not.
            double harm = (double) (round % 10) / 10;
            String target = target(operation, random, harm);
            List<String> headers = headers(operation, random, harm);
            String body = body(operation, random, harm);

            AdminCalls.Answer answer = caller.call(operation.method(), target, body, headers.toArray(new String[0]));

            String what = operation + " " + target + " " + headers + " "
                    + (body == null ? "" : body.substring(0, Math.min(300, body.length()))) + " → " + answer;
            statuses.merge(operation + " " + answer.status(), 1, Integer::sum);
            assertThat(answer.status()).as(what).isLessThan(500);
            if (caller == bound) {
                assertThat(answer.response().body()).as(what).doesNotContain(SECRET);
                if (target.startsWith("/clients/" + theirs.getString("client_id"))) {
                    assertThat(answer.status()).as(what).isGreaterThanOrEqualTo(400);
                }
            }
            assertThat(shapeFault(operation, answer)).as(what).isNull();
        }
        assertThat(admin.get("/clients/" + theirs.getString("client_id")).json().getString("client_code"))
                .isEqualTo(SECRET);
    }

    @Test
    void everyOperationIsServedAndNothingElse() throws Exception {
        for (Operation operation : operations().toList()) {
            String path = operation
                    .path()
                    .substring("/admin/v1".length())
                    .replaceAll("\\{[a-z_]+}", UUID.randomUUID().toString());
            AdminCalls.Answer stranger = admin.with("nobody").call(operation.method(), path, null);
            assertThat(stranger.status()).as(operation.toString()).isEqualTo(401);
        }
        assertThat(admin.get("/nothing").status()).isEqualTo(404);
        assertThat(admin.call("PUT", "/clients", "{}").status()).isEqualTo(405);
        AdminCalls.Answer undecodable = rawPath("/admin/v1/clients/%zz");
        assertThat(undecodable.status()).isEqualTo(400);
        assertThat(undecodable.json().getInteger("code")).isEqualTo(65008);
        assertThat(gateway.management("/openapi.yaml").body()).contains("openapi: 3.1.0");
    }

    @Test
    void whatIsOfAllTenantsIsRefusedToWhoIsBoundToOne() throws Exception {
        List<Operation> ofAll = operations()
                .filter(operation -> operation.spec().getBoolean("x-all-tenants", false))
                .toList();
        assertThat(ofAll).hasSizeGreaterThan(5);
        for (Operation operation : ofAll) {
            String path = operation.path().substring("/admin/v1".length()).replaceAll("\\{[a-z_]+}", "x");
            AdminCalls.Answer refused = bound.call(operation.method(), path, null);
            assertThat(refused.status()).as(operation.toString()).isEqualTo(403);
            assertThat(refused.json().getInteger("code")).isEqualTo(65007);
        }
    }

    /** Java's client would not send it. */
    private static AdminCalls.Answer rawPath(String path) throws Exception {
        try (java.net.Socket socket =
                new java.net.Socket(java.net.InetAddress.getLoopbackAddress(), gateway.managementPort())) {
            socket.setSoTimeout(5000);
            socket.getOutputStream()
                    .write(("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
            return new AdminCalls.Answer(
                    Integer.parseInt(answer.substring(9, 12)),
                    admin.get("/clients").response(),
                    body.startsWith("{") ? new JsonObject(body) : new JsonObject());
        }
    }

    private static String target(Operation operation, Random random, double harm) {
        String path = operation.path().substring("/admin/v1".length());
        StringBuilder query = new StringBuilder();
        for (JsonObject parameter : operation.parameters()) {
            String name = parameter.getString("name");
            Object value = random.nextDouble() < harm / 2
                    ? pick(HOSTILE, random)
                    : fitting(parameter.getJsonObject("schema"), name, random, 0);
            if (parameter.getString("in").equals("path")) {
                String text = String.valueOf(value);
                path = path.replace("{" + name + "}", text.isEmpty() ? "-" : encoded(text));
            } else if (parameter.getString("in").equals("query")
                    && (parameter.getBoolean("required", false) || random.nextInt(3) == 0)
                    && !name.equals("wait")
                    && !(name.equals("seq") && random.nextBoolean())) {
                query.append(query.isEmpty() ? '?' : '&')
                        .append(name)
                        .append('=')
                        .append(encoded(String.valueOf(value)));
            }
        }
        if (random.nextDouble() < harm / 4) {
            query.append(query.isEmpty() ? '?' : '&').append("unknown=1");
        }
        return path + query;
    }

    private static List<String> headers(Operation operation, Random random, double harm) {
        List<String> headers = new ArrayList<>();
        for (JsonObject parameter : operation.parameters()) {
            if (parameter.getString("in").equals("header") && random.nextInt(3) > 0) {
                String value = switch (parameter.getString("name")) {
                    case "If-Match" -> random.nextBoolean() ? "*" : "\"" + random.nextInt(100) + "\"";
                    case "Idempotency-Key" -> "k" + random.nextInt(20);
                    default -> "someone";
                };
                headers.add(parameter.getString("name"));
                headers.add(random.nextDouble() < harm / 4 ? "a b" : value);
            }
        }
        return headers;
    }

    private static @Nullable String body(Operation operation, Random random, double harm) {
        JsonObject asked = operation.spec().getJsonObject("requestBody");
        if (asked == null) {
            return null;
        }
        if (random.nextDouble() < harm / 5) {
            return pick(List.of("", "[]", "null", "{", "\"x\"", "{\"a\":".repeat(2000), "{\"a\":1,\"a\":2}"), random);
        }
        JsonObject content = asked.getJsonObject("content");
        JsonObject schema =
                content.getJsonObject(content.fieldNames().iterator().next()).getJsonObject("schema");
        JsonObject body = (JsonObject) Objects.requireNonNull(fitting(schema, "", random, 0));
        if (random.nextDouble() < harm) {
            List<String> names = new ArrayList<>(body.fieldNames());
            names.add("unknown");
            body.put(pick(names, random), pick(HOSTILE, random));
        }
        return body.encode();
    }

    /** A value that fits the schema. */
    private static @Nullable Object fitting(JsonObject schema, String name, Random random, int depth) {
        JsonObject known = resolved(schema);
        if (known.containsKey("anyOf")) {
            JsonArray choices = known.getJsonArray("anyOf");
            return fitting(choices.getJsonObject(random.nextInt(choices.size())), name, random, depth);
        }
        if (known.containsKey("enum")) {
            JsonArray choices = known.getJsonArray("enum");
            return choices.getValue(random.nextInt(choices.size()));
        }
        if (known.containsKey("const")) {
            return known.getValue("const");
        }
        Object type = known.getValue("type");
        if (type instanceof JsonArray types) {
            type = types.getString(random.nextInt(types.size()));
        }
        boolean namesClient = name.equals("client_id")
                || (name.equals("cursor") && known.getString("pattern", "").contains("a-f"));
        if (namesClient) {
            return pick(
                            List.of(
                                    ours.getString("client_id"),
                                    theirs.getString("client_id"),
                                    UUID.randomUUID().toString()),
                            random)
                    .toString();
        }
        if (name.equals("user_id") && random.nextInt(4) > 0) {
            return OWNER;
        }
        if (name.equals("key_id") && random.nextInt(4) > 0) {
            JsonArray keys = ours.getJsonArray("keys");
            return keys.getJsonObject(random.nextInt(keys.size())).getString("key_id");
        }
        return switch (String.valueOf(type)) {
            case "object" -> {
                JsonObject object = new JsonObject();
                JsonObject properties = known.getJsonObject("properties", new JsonObject());
                JsonArray required = known.getJsonArray("required", new JsonArray());
                for (String property : properties.fieldNames()) {
                    if (depth < 3 && (required.contains(property) || random.nextInt(2) == 0)) {
                        object.put(property, fitting(properties.getJsonObject(property), property, random, depth + 1));
                    }
                }
                yield object;
            }
            case "array" -> {
                JsonArray array = new JsonArray();
                for (int i = random.nextInt(3); i > 0; i--) {
                    array.add(
                            name.equals("allowed_ips")
                                    ? "10.0.0.0/8"
                                    : fitting(known.getJsonObject("items"), name, random, depth + 1));
                }
                yield array;
            }
            case "integer" -> known.getInteger("minimum", 0) + random.nextInt(20);
            case "boolean" -> random.nextBoolean();
            case "null" -> null;
            case "string" -> text(known, name, random);
            default -> "anything";
        };
    }

    private static String text(JsonObject schema, String name, Random random) {
        String pattern = schema.getString("pattern", "");
        if (pattern.contains("T([01]")) {
            return random.nextBoolean() ? "2099-01-01T00:00:00Z" : "2026-11-30T10:00:00.5+01:00";
        }
        if (pattern.contains("(ms|s|m|h|d)")) {
            return "1s";
        }
        if (pattern.startsWith("^[0-9a-fA-F]{8}")) {
            return UUID.randomUUID().toString();
        }
        if (pattern.startsWith("^-?")) {
            return "1700000000000000-5";
        }
        if (name.equals("tenant_id")) {
            return random.nextBoolean() ? "us" : "them";
        }
        return "t" + random.nextInt(1000);
    }

    private static @Nullable String shapeFault(Operation operation, AdminCalls.Answer answer) {
        if (answer.response().body().isEmpty()) {
            return operation.toString().equals("exportClients") && answer.status() == 200 ? null : "no body";
        }
        String type = answer.header("Content-Type");
        if (answer.status() >= 400) {
            return type.equals("application/problem+json")
                    ? fault(answer.json(), new JsonObject().put("$ref", "#/components/schemas/Problem"))
                    : "a problem of type " + type;
        }
        JsonObject response =
                operation.spec().getJsonObject("responses").getJsonObject(String.valueOf(answer.status()));
        if (response == null) {
            return "a status that the contract does not have";
        }
        JsonObject content = response.getJsonObject("content");
        String promised = content.fieldNames().iterator().next();
        if (!type.equals(promised)) {
            return "Content-Type " + type;
        }
        JsonObject schema = content.getJsonObject(promised).getJsonObject("schema");
        if (!promised.equals("application/x-ndjson")) {
            return fault(answer.json(), schema);
        }
        return answer.response()
                .body()
                .lines()
                .map(line -> fault(new JsonObject(line), schema))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    private static final Map<String, Validator> validators = new HashMap<>();

    private static @Nullable String fault(JsonObject value, JsonObject schema) {
        OutputUnit result = validators
                .computeIfAbsent(
                        schema.encode(),
                        key -> Validator.create(
                                JsonSchema.of(schema.copy().put("components", document.getJsonObject("components"))),
                                new JsonSchemaOptions()
                                        .setBaseUri("urn:test:")
                                        .setDraft(Draft.DRAFT202012)
                                        .setOutputFormat(OutputFormat.Basic)))
                .validate(value);
        return Boolean.TRUE.equals(result.getValid())
                ? null
                : String.valueOf(
                        result.getErrors().get(result.getErrors().size() - 1).toJson());
    }

    private static JsonObject resolved(JsonObject schema) {
        String ref = schema.getString("$ref");
        if (ref == null) {
            return schema;
        }
        JsonObject at = document;
        for (String part : ref.substring(2).split("/", -1)) {
            at = at.getJsonObject(part);
        }
        return at;
    }

    private static JsonObject registered(JsonObject form) throws Exception {
        AdminCalls.Answer answer = admin.post("/clients", form);
        assertThat(answer.status()).as("%s", answer).isEqualTo(201);
        return answer.json();
    }

    private static <T> T pick(List<T> choices, Random random) {
        return choices.get(random.nextInt(choices.size()));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @SuppressWarnings("unchecked")
    private static JsonObject document() {
        try (var in = ContractIT.class.getResourceAsStream("/openapi.yaml")) {
            return new JsonObject(
                    (Map<String, Object>) new Load(LoadSettings.builder().build()).loadFromInputStream(in));
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
