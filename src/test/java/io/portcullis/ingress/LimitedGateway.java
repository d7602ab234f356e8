package io.portcullis.ingress;

import io.portcullis.auth.CredentialScheme;
import io.portcullis.auth.Credentials;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Answers every dialect by the gateway's own code, always that the caller has to wait: an outcome that nothing decides yet. */
public final class LimitedGateway implements AutoCloseable {

    static final Problem LIMITED = new Problem(65010, 429, "Rate limited", 7);

    private final Vertx vertx = Vertx.vertx();
    private final AtomicInteger connections = new AtomicInteger();
    private final HttpServer server;

    public LimitedGateway() throws Exception {
        Set<CredentialScheme> schemes = EnumSet.allOf(CredentialScheme.class);
        Dialects dialects = new Dialects(new Answers(schemes), new Credentials(schemes), Duration.ZERO);
        server = vertx.createHttpServer()
                .connectionHandler(connection -> connections.incrementAndGet())
                .requestHandler(request -> Objects.requireNonNull(dialects.at(request.path()), request.path())
                        .problem(request.response(), LIMITED, "an-id"))
                .listen(0, "127.0.0.1")
                .await(10, TimeUnit.SECONDS);
    }

    public int port() {
        return server.actualPort();
    }

    /** Connections that were opened since the start. */
    public int connections() {
        return connections.get();
    }

    @Override
    public void close() {
        vertx.close()
                .toCompletionStage()
                .toCompletableFuture()
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
    }
}
