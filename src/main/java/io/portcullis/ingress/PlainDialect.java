package io.portcullis.ingress;

import io.portcullis.auth.Decision;
import io.portcullis.auth.OriginalRequest;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import org.jspecify.annotations.Nullable;

/** Status and headers as they are, for whoever can read them. */
final class PlainDialect implements Dialect {

    private final Answers answers;

    PlainDialect(Answers answers) {
        this.answers = answers;
    }

    @Override
    public void allow(HttpServerResponse response, Decision.Allowed allowed, RequestHead head, String requestId) {
        answers.allow(response, allowed, requestId);
    }

    @Override
    public void problem(HttpServerResponse response, Problem problem, String requestId) {
        answers.problem(response, problem, requestId);
    }

    @Override
    public @Nullable OriginalRequest original(HttpServerRequest request, RequestHead head) {
        OriginalHeaders original = head.original();
        return original == null ? null : original.either();
    }
}
