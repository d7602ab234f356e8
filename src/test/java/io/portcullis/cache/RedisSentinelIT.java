package io.portcullis.cache;

import static io.portcullis.cache.LinkFixture.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.testing.RealRedis;
import io.portcullis.testing.RedisSentinels;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A real master with a replica and three Sentinels, and what the link does when the master is lost. */
@Timeout(60)
class RedisSentinelIT {

    private static final Logger log = LoggerFactory.getLogger(RedisSentinelIT.class);
    private static final String NAME = RedisSentinels.NAME;
    private static final String PASSWORD = RedisSentinels.PASSWORD;

    private final List<AutoCloseable> open = new ArrayList<>();
    private Vertx vertx;
    private RedisSentinels sentinels;

    @BeforeEach
    void start() {
        vertx = Vertx.vertx();
        open.add(() -> FakePeer.await(vertx.close()));
        sentinels = new RedisSentinels();
        open.add(sentinels);
    }

    @AfterEach
    void stop() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private LinkFixture link(String password) {
        List<ServerAddress> addresses =
                sentinels.sentinels().stream().map(RedisSentinelIT::address).toList();
        LinkFixture link = new LinkFixture(
                vertx,
                LinkFixture.settings(1)
                        .servers(new RedisTopology.Sentinel(addresses, NAME, null, password))
                        .times(Duration.ofSeconds(2), Duration.ofSeconds(1))
                        .build());
        open.add(link);
        return link;
    }

    private static ServerAddress address(RealRedis server) {
        return new ServerAddress("127.0.0.1", server.port());
    }

    private LinkFixture upLink() {
        LinkFixture link = link(PASSWORD);
        await().until(link::connected);
        return link;
    }

    @Test
    void aKilledMasterIsReplacedByTheOneThatTheSentinelsElect() {
        LinkFixture link = upLink();
        FakePeer.await(link.set("a", "before"));
        assertThat(sentinels.master().command("GET", "a")).isEqualTo("$6");

        long killed = System.nanoTime();
        sentinels.master().kill();
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            // Whatever comes of it, it comes soon: nobody hangs on a failover.
            long asked = System.nanoTime();
            boolean written = FakePeer.await(link.set("a", "after").map(true).otherwise(false));
            assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(2));
            return written;
        });
        log.info(
                "written to the new master {} ms after the kill",
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - killed));
        assertThat(FakePeer.await(link.get("a"))).isEqualTo("after");
        assertThat(sentinels.replica().command("GET", "a")).isEqualTo("$5");
    }

    @Test
    void aMasterThatBecameAReplicaIsLeftForTheNewOne() throws IOException {
        LinkFixture link = upLink();
        sentinels.failOver();
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            FakePeer.await(link.set("b", "written").otherwiseEmpty());
            return sentinels.replica().command("GET", "b").equals("$7");
        });
        await().until(() -> FakePeer.await(link.get("b")).equals("written"));
    }

    @Test
    void sentinelsThatAreGoneDoNotMatterAsLongAsOneAnswers() {
        sentinels.sentinels().get(0).kill();
        sentinels.sentinels().get(1).kill();
        LinkFixture link = link(PASSWORD);
        await().until(link::connected);
        FakePeer.await(link.set("c", "x"));
    }

    @Test
    void aServerThatIsNoMasterIsNotBelieved() {
        FakePeer liar = new FakePeer(vertx, asked -> {
            String address = "*2\r\n$9\r\n127.0.0.1\r\n$"
                    + Integer.toString(sentinels.replica().port()).length() + "\r\n"
                    + sentinels.replica().port() + "\r\n";
            asked.answer(address);
        });
        open.add(liar);
        LinkFixture link = new LinkFixture(
                vertx,
                LinkFixture.settings(1)
                        .servers(new RedisTopology.Sentinel(
                                List.of(new ServerAddress("127.0.0.1", liar.port())), NAME, null, null))
                        .build());
        open.add(link);
        await().until(() -> liar.connections.get() >= 3);
        assertThat(link.connected()).isFalse();
    }

    @Test
    void theSentinelsOwnPasswordIsTheirs() {
        LinkFixture link = link("not-theirs");
        await().until(() -> link.links.down() == 1);
        assertThat(link.connected()).isFalse();
    }
}
