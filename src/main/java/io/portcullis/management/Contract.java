package io.portcullis.management;

import io.portcullis.accounts.Role;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputFormat;
import io.vertx.json.schema.Validator;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * The OpenAPI file as the port is run by it: which operations there are, who may call them, and what is asked of their parameters and bodies.
 * What stands there is enforced, so that it cannot say anything else than what is done.
 */
final class Contract {

    private static final String FILE = "/openapi.yaml";

    private final String text;
    private final List<Operation> operations;

    /**
     * One operation.
     *
     * @param path with {@code {names}}
     * @param least role; null where no token is asked for
     * @param allTenants whether it is closed to who is bound to a tenant
     * @param streams whether the handler reads and writes by itself
     */
    record Operation(
            String id,
            String method,
            String path,
            @Nullable Role least,
            boolean allTenants,
            boolean streams,
            List<Parameter> parameters,
            @Nullable RequestBody body) {

        /** Whether it changes something: then it can be waited for, and its answer has a number in the log. */
        boolean changes() {
            return parameters.stream().anyMatch(parameter -> parameter.name().equals("wait"));
        }
    }

    /** @param in {@code path}, {@code query} or {@code header} */
    record Parameter(String name, String in, boolean required, JsonObject schema, Validator validator) {

        @Nullable
        Object byDefault() {
            return schema.getValue("default");
        }
    }

    record RequestBody(String mediaType, boolean required, Validator validator) {}

    private Contract(String text, List<Operation> operations) {
        this.text = text;
        this.operations = List.copyOf(operations);
    }

    static Contract load() {
        String text;
        try (InputStream in = Contract.class.getResourceAsStream(FILE)) {
            text = new String(Objects.requireNonNull(in, FILE).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        @SuppressWarnings("unchecked") // an object at the top is what OpenAPI asks for
        Map<String, Object> tree = (Map<String, Object>)
                new Load(LoadSettings.builder().setMaxAliasesForCollections(0).build()).loadFromString(text);
        JsonObject document = new JsonObject(tree);
        List<Operation> operations = new ArrayList<>();
        JsonObject paths = document.getJsonObject("paths");
        for (String path : paths.fieldNames()) {
            JsonObject methods = paths.getJsonObject(path);
            for (String method : methods.fieldNames()) {
                operations.add(operation(document, path, method, methods.getJsonObject(method)));
            }
        }
        return new Contract(text, operations);
    }

    String text() {
        return text;
    }

    List<Operation> operations() {
        return operations;
    }

    /** The methods that each path has; what can be read can be asked for by HEAD, too. */
    Map<String, Set<String>> paths() {
        Map<String, Set<String>> paths = new TreeMap<>();
        for (Operation operation : operations) {
            Set<String> methods = paths.computeIfAbsent(operation.path(), path -> new TreeSet<>());
            methods.add(operation.method());
            if (operation.method().equals("GET")) {
                methods.add("HEAD");
            }
        }
        return paths;
    }

    /** @return the operation of that id; the contract has it */
    Operation operation(String id) {
        return operations.stream()
                .filter(operation -> operation.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("the contract has no operation " + id));
    }

    /** @return what is read at that path */
    Operation reading(String path) {
        return operations.stream()
                .filter(operation ->
                        operation.path().equals(path) && operation.method().equals("GET"))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("the contract has nothing to read at " + path));
    }

    private static Operation operation(JsonObject document, String path, String method, JsonObject operation) {
        JsonObject components = document.getJsonObject("components");
        List<Parameter> parameters = new ArrayList<>();
        for (Object given : operation.getJsonArray("parameters", new JsonArray())) {
            String name = ((JsonObject) given).getString("$ref").replace("#/components/parameters/", "");
            JsonObject parameter = components.getJsonObject("parameters").getJsonObject(name);
            JsonObject schema = parameter.getJsonObject("schema");
            parameters.add(new Parameter(
                    parameter.getString("name"),
                    parameter.getString("in"),
                    parameter.getBoolean("required", false),
                    schema,
                    validator(schema, components)));
        }
        RequestBody body = null;
        JsonObject asked = operation.getJsonObject("requestBody");
        if (asked != null) {
            String mediaType =
                    asked.getJsonObject("content").fieldNames().iterator().next();
            JsonObject schema =
                    asked.getJsonObject("content").getJsonObject(mediaType).getJsonObject("schema");
            body = new RequestBody(mediaType, asked.getBoolean("required", false), validator(schema, components));
        }
        return new Operation(
                operation.getString("operationId"),
                method.toUpperCase(Locale.ROOT),
                path,
                Role.of(operation.getString("x-role")),
                operation.getBoolean("x-all-tenants", false),
                operation.getBoolean("x-streams", false),
                List.copyOf(parameters),
                body);
    }

    private static Validator validator(JsonObject schema, JsonObject components) {
        return Validator.create(
                JsonSchema.of(schema.copy().put("components", components)),
                new JsonSchemaOptions()
                        .setBaseUri("urn:portcullis:")
                        .setDraft(Draft.DRAFT202012)
                        .setOutputFormat(OutputFormat.Basic));
    }
}
