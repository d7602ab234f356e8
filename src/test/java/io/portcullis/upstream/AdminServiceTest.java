package io.portcullis.upstream;

import static io.portcullis.upstream.UpstreamFixture.BREAKER;
import static io.portcullis.upstream.UpstreamFixture.LONG;
import static io.portcullis.upstream.UpstreamFixture.failure;
import static io.portcullis.upstream.UpstreamFixture.outcome;
import static io.portcullis.upstream.UpstreamFixture.result;
import static io.portcullis.upstream.UpstreamFixture.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.bus.Deadline;
import io.portcullis.bus.LocalCodec;
import io.portcullis.testing.AdminServiceStandIn;
import io.portcullis.upstream.AdminServiceCalls.HealthQuestion;
import io.portcullis.upstream.AdminServiceCalls.PageQuestion;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdminServiceTest {

    private final AdminServiceStandIn service = new AdminServiceStandIn(0, 2_500, null);
    private final UpstreamFixture fixture = new UpstreamFixture(settings(service.url(), LONG, BREAKER));

    @AfterEach
    void close() {
        fixture.close();
        service.close();
    }

    @Test
    void allClientsCanBeWalkedThrough() {
        service.remove(AdminServiceStandIn.id(1_000));
        service.remove(AdminServiceStandIn.id(2_499));
        service.put(AdminServiceStandIn.madeUp(3).put("version", 99));
        service.put(AdminServiceStandIn.madeUp(0).put("client_id", "7b0a1f5e-0000-4000-8000-000000000000"));

        List<JsonObject> all = new ArrayList<>();
        String cursor = null;
        int pages = 0;
        do {
            ClientPage page = result(clients(cursor, 1_000));
            all.addAll(page.items());
            cursor = page.next();
            pages++;
        } while (cursor != null && pages < 10);

        assertThat(pages).isEqualTo(3);
        assertThat(all)
                .extracting(client -> client.getString("client_id"))
                .isSorted()
                .doesNotHaveDuplicates()
                .hasSize(2_499);
        assertThat(all.get(3).getInteger("version")).isEqualTo(99);
        assertThat(all.get(2_498).getString("client_id")).startsWith("7b0a1f5e");
        assertThat(service.requests("/api/v1/clients")).isEqualTo(3);
    }

    @Test
    void oneClientCanBeAskedFor() {
        assertThat(result(client(AdminServiceStandIn.id(7)))).contains(AdminServiceStandIn.madeUp(7));
        assertThat(result(client(AdminServiceStandIn.id(2_500)))).isEmpty();
        service.remove(AdminServiceStandIn.id(7));
        assertThat(result(client(AdminServiceStandIn.id(7)))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b+c", "a/b?c=d&e#f", "%2e%2E", "é\u0000\r\n", "..;/x"})
    void idsAndCursorsArriveAsTheyAre(String id) {
        service.put(AdminServiceStandIn.madeUp(0).put("client_id", id));
        service.put(AdminServiceStandIn.madeUp(0).put("client_id", id + "z"));

        assertThat(result(client(id)).orElseThrow().getString("client_id")).isEqualTo(id);
        assertThat(result(clients(id, 1)).items().get(0).getString("client_id")).isEqualTo(id + "z");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", ".."})
    void anIdThatWouldBeAnotherPathIsOfNobody(String id) {
        assertThat(result(client(id))).isEmpty();
        assertThat(service.requests()).isZero();
    }

    @Test
    void healthIsAnAnswerOrAFailure() {
        assertThat(outcome(health())).isEqualTo(Outcome.OK);
        service.fail("status", 503);
        assertThat(outcome(health())).isEqualTo(Outcome.SERVER_ERROR);
        service.fail("status", 404);
        assertThat(outcome(health())).isEqualTo(Outcome.CLIENT_ERROR);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "\"text\"",
                "{\"items\":[]} and more",
                "{\"items\":[",
                "{}",
                "{\"items\":null}",
                "{\"items\":{}}",
                "{\"items\":[1]}",
                "{\"items\":[null]}",
                "{\"items\":[[]]}",
                "{\"items\":[],\"next\":1}",
                "{\"items\":[],\"next\":{}}",
                "{\"items\":[],\"next\":false}",
                "{\"items\":[],\"next\":\"\"}",
                "{\"items\":[],\"next\":\"here\"}"
            })
    void aPageOfAnotherShapeIsMalformedAndAFailureOfTheService(String body) {
        service.fail("body", body);
        for (int i = 0; i < 20; i++) {
            assertThat(failure(clients("here", 10)))
                    .isInstanceOf(UpstreamException.Faulty.class)
                    .hasMessageStartingWith("played: malformed answer, ");
        }
        assertThat(fixture.upstream.state()).isEqualTo(BreakerState.OPEN);
        assertThat(service.requests()).as("and is not repeated").isEqualTo(20);
    }

    @Test
    void jsonThatIsNestedWithoutEndIsMalformed() {
        service.fail("body", "{\"items\":" + "[".repeat(400_000));
        assertThat(outcome(clients(null, 10))).isEqualTo(Outcome.MALFORMED);
    }

    @Test
    void theLastPageMayLeaveOutNextOrSayNull() {
        service.fail("body", "{\"items\":[]}");
        assertThat(result(clients(null, 10))).isEqualTo(new ClientPage(List.of(), null));
        service.fail("body", "{\"items\":[{\"a\":1}],\"next\":null,\"more\":1}");
        assertThat(result(clients(null, 10))).isEqualTo(new ClientPage(List.of(new JsonObject().put("a", 1)), null));
    }

    // The comparison of ids: without it the other client was handed on.
    @Test
    void anAnswerAboutAnotherClientIsMalformed() {
        service.fail("wrong_id", true);
        assertThat(outcome(client(AdminServiceStandIn.id(7)))).isEqualTo(Outcome.MALFORMED);
        service.fail("body", "{}");
        assertThat(outcome(client(AdminServiceStandIn.id(7)))).isEqualTo(Outcome.MALFORMED);
    }

    @Test
    void itIsServedOnTheBusAndItsStateCanBeSeenFromOutside() {
        Vertx vertx = Vertx.vertx();
        try {
            LocalCodec.register(vertx);
            AdminServiceVerticle verticle =
                    new AdminServiceVerticle(settings(service.url(), LONG, BREAKER), new SimpleMeterRegistry());
            assertThat(verticle.state()).isEqualTo(BreakerState.CLOSED);
            String id = result(vertx.deployVerticle(verticle));

            assertThat(result(AdminServiceCalls.CLIENTS.ask(
                                    vertx.eventBus(), new PageQuestion(null, 5), Deadline.in(LONG)))
                            .items())
                    .hasSize(5);
            assertThat(result(AdminServiceCalls.CLIENT.ask(
                            vertx.eventBus(), AdminServiceStandIn.id(1), Deadline.in(LONG))))
                    .isPresent();
            assertThat(outcome(AdminServiceCalls.HEALTH.ask(vertx.eventBus(), new HealthQuestion(), Deadline.in(LONG))))
                    .isEqualTo(Outcome.OK);
            service.fail("status", 500);
            await().until(() -> {
                assertThat(outcome(AdminServiceCalls.HEALTH.ask(
                                vertx.eventBus(), new HealthQuestion(), Deadline.in(LONG))))
                        .isIn(Outcome.SERVER_ERROR, Outcome.REJECTED);
                return verticle.state() != BreakerState.CLOSED;
            });
            result(vertx.undeploy(id));
        } finally {
            vertx.close().await();
        }
    }

    private Future<ClientPage> clients(@Nullable String cursor, int limit) {
        return fixture.on(() -> fixture.admin.clients(cursor, limit, Deadline.in(LONG)));
    }

    private Future<Optional<JsonObject>> client(String id) {
        return fixture.on(() -> fixture.admin.client(id, Deadline.in(LONG)));
    }

    private Future<Void> health() {
        return fixture.on(() -> fixture.admin.health(Deadline.in(LONG)));
    }
}
