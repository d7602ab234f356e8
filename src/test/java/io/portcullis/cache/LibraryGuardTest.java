package io.portcullis.cache;

import static io.portcullis.cache.LinkFixture.await;
import static io.portcullis.cache.LinkFixture.failure;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** What vertx-redis-client does wrong when the peer does, and is kept from doing here. */
@Timeout(10)
class LibraryGuardTest {

    private static final Duration LONG = Duration.ofSeconds(5);

    private final List<AutoCloseable> open = new ArrayList<>();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private static final Vertx vertx = Vertx.vertx();

    @BeforeEach
    void listen() {
        log.start();
        root.addAppender(log);
    }

    @AfterEach
    void closeAll() throws Exception {
        root.detachAppender(log);
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    @AfterAll
    static void stop() {
        FakePeer.await(vertx.close());
    }

    private FakePeer peer(FakePeer.Script script) {
        FakePeer peer = new FakePeer(vertx, script);
        open.add(peer);
        return peer;
    }

    /** Talks nonsense on its first connection, once it was asked for k0, and is honest on any later one. */
    private FakePeer nonsenseAtFirst(String nonsense) {
        return peer(asked -> {
            if (asked.connection() > 1) {
                asked.answerValueOfKey();
            } else if (asked.argument().equals("k0")) {
                asked.answer(nonsense);
            }
        });
    }

    private LinkFixture link(FakePeer peer, Duration connect, Duration command) {
        LinkFixture link = new LinkFixture(
                vertx, LinkFixture.settings(peer.port()).times(connect, command).build());
        open.add(link);
        return link;
    }

    private LinkFixture upLink(FakePeer peer) {
        LinkFixture link = link(peer, LONG, Duration.ofSeconds(3));
        await().until(link::connected);
        return link;
    }

    private static List<String> tenKeys() {
        return IntStream.range(0, 10).mapToObj(i -> "k" + i).toList();
    }

    /** The nonsense cost its connection, on both sides, and nothing of it was logged. */
    private void assertReplaced(FakePeer peer, LinkFixture link) {
        await().until(() -> peer.connections.get() == 2 && link.connected() && peer.open.size() == 1);
        assertThat(FakePeer.await(link.get("again"))).isEqualTo("value-of-again");
        assertThat(log.list)
                .filteredOn(line -> line.getLevel().isGreaterOrEqual(Level.INFO))
                .allSatisfy(line -> {
                    assertThat(line.getLoggerName()).isEqualTo(RedisLink.class.getName());
                    assertThat(line.getFormattedMessage()).doesNotContain("evil", "foo");
                });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // The parser's worst: it gives this value to whoever waits, and then to nobody for ever.
                "$3\r\nfooXY",
                "$3\r\nfooXY$4\r\nevil\r\n",
                "$-7\r\n",
                "#x\r\n",
                "HTTP/1.1 400 Bad Request\r\n\r\n",
                ">3\r\n+message\r\n+evil\r\n+b\r\n",
                // Not an answer to GET.
                "+OK\r\n",
                ":1\r\n",
                "*1\r\n$4\r\nevil\r\n",
            })
    void nonsenseFailsAllWhoWaitAndCostsTheConnection(String nonsense) {
        FakePeer peer = nonsenseAtFirst(nonsense);
        LinkFixture link = upLink(peer);
        for (Future<String> answer : link.getAll(tenKeys(), LONG)) {
            assertThat(failure(answer)).isInstanceOf(RedisFailure.Garbled.class).hasMessageNotContaining("evil");
        }
        assertReplaced(peer, link);
    }

    @Test
    void answersBeforeTheNonsenseInTheSameReadAreNotTrusted() {
        FakePeer peer = nonsenseAtFirst("$4\r\nevil\r\n".repeat(9) + "$4\r\nevilXY");
        LinkFixture link = upLink(peer);
        for (Future<String> answer : link.getAll(tenKeys(), LONG)) {
            assertThat(failure(answer)).isInstanceOf(RedisFailure.Garbled.class);
        }
        assertReplaced(peer, link);
    }

    @ParameterizedTest
    @ValueSource(strings = {"$4\r\nevil\r\n", "+evil\r\n", "-ERR evil\r\n", "$-1\r\n", "$4\r\nevilXY"})
    void aReplyNobodyAskedForCostsTheConnectionAndIsNotLogged(String reply) {
        FakePeer peer = peer(FakePeer.Asked::answerValueOfKey);
        LinkFixture link = upLink(peer);
        peer.open.get(0).write(Buffer.buffer(reply));
        assertReplaced(peer, link);
    }

    @ParameterizedTest
    @ValueSource(strings = {":evil\r\n", "*1\r\n*1\r\n"})
    void whatTheParserThrowsAtOrWaitsForCostsTheConnectionInTime(String nonsense) {
        FakePeer peer = nonsenseAtFirst(nonsense);
        LinkFixture link = link(peer, LONG, Duration.ofMillis(100));
        await().until(link::connected);
        for (Future<String> answer : link.getAll(tenKeys(), LONG)) {
            assertThat(failure(answer))
                    .isInstanceOfSatisfying(
                            RedisFailure.class, why -> assertThat(why.reason()).isEqualTo("timeout"));
        }
        await().until(() -> peer.connections.get() == 2 && link.connected() && peer.open.size() == 1);
        assertThat(FakePeer.await(link.get("again"))).isEqualTo("value-of-again");
    }

    @Test
    void aLineWithoutAnEndCostsTheConnectionInTime() {
        FakePeer peer = peer(asked -> {
            if (asked.connection() > 1) {
                asked.answerValueOfKey();
            } else {
                long timer = vertx.setPeriodic(5, id -> asked.answer("+" + "evil".repeat(100)));
                asked.socket().closeHandler(v -> {
                    vertx.cancelTimer(timer);
                });
            }
        });
        LinkFixture link = link(peer, LONG, Duration.ofMillis(100));
        await().until(link::connected);
        assertThat(failure(link.get("a"))).isInstanceOf(RedisFailure.TimedOut.class);
        await().until(() -> peer.connections.get() == 2 && link.connected());
        assertThat(FakePeer.await(link.get("a"))).isEqualTo("value-of-a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"$3\r\nfooXY", "$evil\r\n", "+OK\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n"})
    void nonsenseInPlaceOfAGreetingCostsTheConnection(String nonsense) {
        FakePeer peer = peer(FakePeer.Asked::answerValueOfKey);
        peer.greetBy(asked -> {
            if (asked.connection() == 1) {
                asked.answer(nonsense);
            } else {
                asked.answer(asked.name().equals("PING") ? "+PONG\r\n" : "+OK\r\n");
            }
        });
        LinkFixture link = link(peer, Duration.ofMillis(300), LONG);
        await().until(() -> peer.connections.get() >= 2 && link.connected() && peer.open.size() == 1);
        assertThat(FakePeer.await(link.get("a"))).isEqualTo("value-of-a");
        assertThat(log.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .noneMatch(line -> line.contains("evil") || line.contains("foo"));
    }
}
