package io.portcullis.load;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code POST /admin/v1/clients:import} of very many clients with a key each: how fast, in how much memory, and whether all of them count. */
@Command(
        name = "import.sh",
        sortOptions = false,
        description = "Imports many clients with a key each, and asks for some of them.")
public final class ImportLoad implements Callable<Integer> {

    private static final String TOKEN = "a-token-of-this-load-test";

    @Option(
            names = "--jar",
            paramLabel = "FILE",
            required = true,
            description = "the gateway (default: the one just built)")
    private Path jar;

    @Option(
            names = "--clients",
            paramLabel = "N",
            defaultValue = "100000",
            description = "clients to import (${DEFAULT-VALUE})")
    private int clients;

    @Option(
            names = "--asked",
            paramLabel = "N",
            defaultValue = "1000",
            description = "keys that are asked for afterwards (${DEFAULT-VALUE})")
    private int asked;

    @Option(
            names = "--heap",
            paramLabel = "SIZE",
            defaultValue = "256m",
            description = "the gateway's largest heap (${DEFAULT-VALUE})")
    private String heap;

    @Option(
            names = "--at-most",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "that it may take (${DEFAULT-VALUE})")
    private int atMost;

    @Option(names = "--help", usageHelp = true, description = "this text")
    private boolean help;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    public static void main(String[] args) {
        System.exit(new CommandLine(new ImportLoad())
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    System.err.println(failure);
                    return 1;
                })
                .execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        try (Bench bench = new Bench(Pinning.none(), jar, List.of("-Xmx" + heap), false)) {
            Bench.Node node = bench.startNode(
                    "gateway", Map.of("PORTCULLIS_MANAGEMENT_TOKEN", TOKEN, "PORTCULLIS_CACHE_NEAR_SIZE", "32MB"));
            List<String> keys = imported(node);
            return keys.size() == clients && answered(node, keys) ? 0 : 1;
        }
    }

    private List<String> imported(Bench.Node node) throws IOException, InterruptedException {
        List<String> keys = new ArrayList<>(clients);
        List<Long> resident = new ArrayList<>();
        byte[] body = lines();
        long started = System.nanoTime();
        JsonObject done = null;
        // Results come while lines still go out: whoever sends all before he reads would wait for ever.
        try (Socket socket =
                new Socket(node.management().getAddress(), node.management().getPort())) {
            socket.setSoTimeout(60_000);
            Thread writer = new Thread(() -> write(socket, body), "lines");
            writer.start();
            BufferedReader results =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            for (String line = results.readLine(); line != null && done == null; line = results.readLine()) {
                // All else is the head and the sizes of chunks.
                if (!line.startsWith("{")) {
                    continue;
                }
                JsonObject result = new JsonObject(line);
                done = result.getJsonObject("done");
                if (result.containsKey("keys")) {
                    keys.add(result.getJsonArray("keys").getString(0));
                    if (keys.size() % Math.max(1, clients / 10) == 0) {
                        resident.add(node.server().residentBytes() >> 20);
                    }
                } else if (done == null) {
                    System.err.println(line);
                }
            }
            writer.join();
        }
        double seconds = (System.nanoTime() - started) / 1e9;
        System.out.printf(
                "%,d clients with a key each: %.1f s (%,.0f a second); the gateway has MB resident: %s%n%s%n",
                keys.size(), seconds, keys.size() / seconds, resident, done);
        return done != null && seconds <= atMost ? keys : List.of();
    }

    private static void write(Socket socket, byte[] body) {
        try {
            OutputStream out = socket.getOutputStream();
            out.write(
                    ("POST /admin/v1/clients:import?activate=true HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                                    + TOKEN
                                    + "\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\nContent-Length: "
                                    + body.length
                                    + "\r\n\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1));
            out.write(body);
            out.flush();
        } catch (IOException e) {
            System.err.println("the import was not taken to its end: " + e.getMessage());
        }
    }

    private byte[] lines() {
        Buffer lines = Buffer.buffer();
        for (int i = 0; i < clients; i++) {
            lines.appendString(new JsonObject()
                            .put("client_code", "import-" + i)
                            .put("tenant_id", "import")
                            .put("owner_user_id", "user-" + i)
                            .put("bap_id", "bap-" + i + ".example")
                            .put("bap_uri", "https://bap-" + i + ".example/callback")
                            .put("rate_limit", 100)
                            .put("keys", 1)
                            .put(
                                    "metadata",
                                    new JsonObject().put("plan", "gold").put("number", i))
                            .encode())
                    .appendString("\n");
        }
        return lines.getBytes();
    }

    private boolean answered(Bench.Node node, List<String> keys) throws IOException, InterruptedException {
        Random random = new Random(7);
        int allowed = 0;
        for (int i = 0; i < asked; i++) {
            HttpResponse<Void> response = http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:"
                                    + node.server().address().getPort() + "/auth"))
                            .header("X-API-Key", keys.get(random.nextInt(keys.size())))
                            .build(),
                    HttpResponse.BodyHandlers.discarding());
            allowed += response.statusCode() == 200 ? 1 : 0;
        }
        System.out.printf("/auth for %,d of them: %,d × 200%n", asked, allowed);
        return allowed == asked;
    }
}
