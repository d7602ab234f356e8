package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** An administrator of a gateway, by HTTP. */
final class AdminCalls {

    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();

    private final int port;
    private final String token;

    AdminCalls(int port, String token) {
        this.port = port;
        this.token = token;
    }

    static AdminCalls of(TestGateway gateway) {
        return new AdminCalls(gateway.managementPort(), TestGateway.TOKEN);
    }

    AdminCalls with(String otherToken) {
        return new AdminCalls(port, otherToken);
    }

    /** @param json empty where there is none, or where it is no object */
    record Answer(int status, HttpResponse<String> response, JsonObject json) {

        String header(String name) {
            return response.headers().firstValue(name).orElse("");
        }

        @Override
        public String toString() {
            return status + " " + response.body();
        }
    }

    Answer get(String path) throws IOException, InterruptedException {
        return call("GET", path, null);
    }

    Answer post(String path, @Nullable JsonObject body, String... headers) throws IOException, InterruptedException {
        return call("POST", path, body == null ? null : body.encode(), headers);
    }

    Answer patch(String path, JsonObject body, String... headers) throws IOException, InterruptedException {
        return call("PATCH", path, body.encode(), headers);
    }

    Answer delete(String path) throws IOException, InterruptedException {
        return call("DELETE", path, null);
    }

    /** Registers a client; returns its path. */
    String register(JsonObject form) throws IOException, InterruptedException {
        Answer answer = post("/clients", form);
        assertThat(answer.status()).as("%s", answer).isEqualTo(201);
        return answer.header("Location").replace("/admin/v1", "");
    }

    /** With a new token of that role, which is also its name, bound to a tenant if one is given. */
    AdminCalls token(String role, @Nullable String tenant) throws IOException, InterruptedException {
        JsonObject form = new JsonObject().put("name", role).put("role", role);
        if (tenant != null) {
            form.put("tenant_id", tenant);
        }
        Answer made = post("/tokens", form);
        assertThat(made.status()).as("%s", made).isEqualTo(201);
        return with(made.json().getString("token"));
    }

    /** @param path behind {@code /admin/v1} */
    Answer call(String method, String path, @Nullable String body, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + port + "/admin/v1" + path))
                .timeout(Duration.ofSeconds(30))
                .header("Authorization", "Bearer " + token)
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (body != null && !Arrays.asList(headers).contains("Content-Type")) {
            request.header("Content-Type", "application/json");
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        HttpResponse<String> response = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        String text = response.body();
        boolean isObject = text.startsWith("{") && !text.strip().contains("\n");
        return new Answer(response.statusCode(), response, isObject ? new JsonObject(text) : new JsonObject());
    }
}
