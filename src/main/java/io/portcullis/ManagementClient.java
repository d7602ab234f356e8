package io.portcullis;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The management API of one gateway, for a command: blocks, each call within a limit. What is refused is a {@link CommandException} with the
 * problem's title, detail and code; texts of the server come printable. For the main thread.
 */
final class ManagementClient {

    /** Longer than the gateway gives itself for anything. */
    static final Duration LIMIT = Duration.ofSeconds(40);

    /** What the gateway waits for nodes at most, in one call. */
    static final Duration LONGEST_WAIT = Duration.ofMinutes(5);

    private static final String BASE = "/admin/v1";
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final int LONGEST_ACTOR = 200;

    private final ApiAddress address;
    private final String actor;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build();

    /** @param actor who is behind the token, for the audit */
    ManagementClient(ApiAddress address, String actor) throws CommandException {
        if (!address.token().reveal().matches("[!-~]+")) {
            throw new CommandException(
                    "what is in " + ApiOptions.TOKEN + ", or configured as management.token, is no token");
        }
        this.address = address;
        // What a header may carry: an account's name is also "DOMAIN\\Jane Doe".
        String fit = actor.replaceAll("[^!-~]", "_");
        this.actor = fit.substring(0, Math.min(LONGEST_ACTOR, fit.length()));
    }

    /**
     * An answer of whatever status.
     *
     * @param etag empty where there is none
     */
    record Answer(int status, String etag, JsonObject body) {}

    /** A path below {@code /admin/v1} with a query: name after value after name; a null is left out. */
    static String path(String path, @Nullable Object... query) {
        StringBuilder text = new StringBuilder(path);
        char before = '?';
        for (int i = 0; i < query.length; i += 2) {
            Object value = query[i + 1];
            if (value != null) {
                text.append(before)
                        .append(query[i])
                        .append('=')
                        .append(URLEncoder.encode(value.toString(), StandardCharsets.UTF_8)
                                .replace("+", "%20"));
                before = '&';
            }
        }
        return text.toString();
    }

    JsonObject get(String path) throws CommandException {
        return done(call("GET", path, null, "", Duration.ZERO));
    }

    JsonObject post(String path, JsonObject body) throws CommandException {
        return post(path, body, Duration.ZERO);
    }

    /** @param waits for so long the gateway may wait for nodes before it answers */
    JsonObject post(String path, JsonObject body, Duration waits) throws CommandException {
        return done(call("POST", path, body, "", waits));
    }

    /** @param etag that the thing must still have */
    JsonObject patch(String path, JsonObject body, String etag, Duration waits) throws CommandException {
        return done(call("PATCH", path, body, etag, waits));
    }

    JsonObject delete(String path, Duration waits) throws CommandException {
        return done(call("DELETE", path, null, "", waits));
    }

    /** Also for what is refused. */
    Answer call(String method, String path, @Nullable JsonObject body, String etag, Duration waits)
            throws CommandException {
        HttpRequest.Builder request = request(path);
        if (body != null) {
            request.header(
                    "Content-Type", method.equals("PATCH") ? "application/merge-patch+json" : "application/json");
        }
        if (!etag.isEmpty()) {
            request.header("If-Match", etag);
        }
        request.method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body.encode()));
        HttpResponse<String> response = send(request.build(), BodyHandlers.ofString(), LIMIT.plus(waits));
        return answer(
                response.statusCode(), response.headers().firstValue("ETag").orElse(""), response.body());
    }

    /** The answer as it came; what is refused is thrown. */
    Answer need(Answer answer) throws CommandException {
        done(answer);
        return answer;
    }

    /** Some lines, registered; the answer's lines. */
    String register(String path, byte[] lines) throws CommandException {
        HttpRequest request = request(path)
                .header("Content-Type", "application/x-ndjson")
                .POST(BodyPublishers.ofByteArray(lines))
                .build();
        HttpResponse<String> response = send(request, BodyHandlers.ofString(), LIMIT);
        if (response.statusCode() != 200) {
            done(answer(response.statusCode(), "", response.body()));
        }
        return response.body();
    }

    /** An answer of any length, to be read and closed. An end that came too early is an {@link IOException}. */
    InputStream stream(String path) throws CommandException {
        HttpResponse<InputStream> response = send(request(path).GET().build(), BodyHandlers.ofInputStream(), LIMIT);
        if (response.statusCode() == 200) {
            return response.body();
        }
        try (InputStream body = response.body()) {
            done(answer(response.statusCode(), "", new String(body.readAllBytes(), StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw brokenOff(e);
        }
        throw strange(response.statusCode());
    }

    /** What a connection that ended early means. */
    CommandException brokenOff(IOException failure) {
        return new CommandException(
                "the connection to " + address.url() + " broke off (" + Failures.text(failure) + ")", failure);
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(address.url() + BASE + path))
                .header("Authorization", "Bearer " + address.token().reveal())
                .header("X-Actor", actor);
    }

    private <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler, Duration limit)
            throws CommandException {
        CompletableFuture<HttpResponse<T>> sent = http.sendAsync(request, handler);
        try {
            return sent.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            if (cause instanceof ConnectException || cause instanceof HttpConnectTimeoutException) {
                throw new CommandException(
                        "nobody answers at " + address.url()
                                + ": start the gateway first (run), or say where its management port is with --api URL,"
                                + " --config FILE or the environment (management.host, management.port)",
                        cause);
            }
            if (cause instanceof SSLException) {
                throw new CommandException(
                        "no TLS with " + address.url() + " (" + Failures.text(cause)
                                + "): whom to trust is said by -Djavax.net.ssl.trustStore=FILE",
                        cause);
            }
            throw new CommandException(
                    "the connection to " + address.url() + " broke off (" + Failures.text(cause) + ")"
                            + unknownEnd(request),
                    cause);
        } catch (TimeoutException e) {
            throw new CommandException(
                    address.url() + " did not answer within " + limit.toSeconds() + " s" + unknownEnd(request), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandException("interrupted", e);
        } finally {
            sent.cancel(true);
        }
    }

    private static String unknownEnd(HttpRequest request) {
        return request.method().equals("GET") ? "" : "; whether it was done is not known: see the audit";
    }

    private Answer answer(int status, String etag, String text) throws CommandException {
        try {
            return new Answer(status, etag, new JsonObject(text));
        } catch (DecodeException | ClassCastException e) {
            throw strange(status);
        }
    }

    private CommandException strange(int status) {
        return new CommandException(address.url() + " answered " + status
                + ", and not as a management port does: is that its URL (management.port, not server.port)?");
    }

    private JsonObject done(Answer answer) throws CommandException {
        if (answer.status() == 200 || answer.status() == 201) {
            return answer.body();
        }
        if (!(answer.body().getValue("title") instanceof String title)) {
            throw strange(answer.status());
        }
        throw new CommandException(problem(answer, title));
    }

    private static String problem(Answer answer, String title) {
        StringBuilder text = new StringBuilder(title);
        if (answer.body().getValue("detail") instanceof String detail) {
            text.append(": ").append(detail);
        } else if (answer.status() == 401) {
            text.append(": this gateway does not know the token; set ").append(ApiOptions.TOKEN);
        }
        return TextTable.printable(text.append(" (")
                .append(answer.body().getValue("code"))
                .append(')')
                .toString());
    }

    /** An array of objects that the contract has in an answer. */
    static List<JsonObject> objects(JsonObject answer, String name) {
        return answer.getJsonArray(name, new JsonArray()).stream()
                .filter(JsonObject.class::isInstance)
                .map(JsonObject.class::cast)
                .toList();
    }
}
