package io.portcullis.cache;

import static io.portcullis.cache.LinkFixture.await;
import static io.portcullis.cache.LinkFixture.failure;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.portcullis.testing.RealRedis;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.PfxOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** A real server behind something that ends TLS, as the Redis in the jar knows none. */
@Timeout(60)
class RedisTlsIT {

    private static final String PASSWORD = "changeit";

    private static Vertx vertx;
    private static RealRedis redis;

    @TempDir
    private static Path folder;

    private static int rightName;
    private static int otherName;
    private final List<AutoCloseable> open = new ArrayList<>();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @BeforeEach
    void listen() {
        log.start();
        ((Logger) LoggerFactory.getLogger(RedisLink.class)).addAppender(log);
    }

    @BeforeAll
    static void start() throws Exception {
        vertx = Vertx.vertx();
        redis = new RealRedis();
        rightName = terminate("right", "san=ip:127.0.0.1");
        otherName = terminate("other", "san=ip:127.0.0.2,dns:redis.example");
    }

    @AfterAll
    static void stop() {
        FakePeer.await(vertx.close());
        redis.close();
    }

    @AfterEach
    void closeAll() throws Exception {
        ((Logger) LoggerFactory.getLogger(RedisLink.class)).detachAppender(log);
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    /** A port with a certificate of its own, which stands in {@code name.pem}. */
    private static int terminate(String name, String subject) throws Exception {
        Path keys = folder.resolve(name + ".p12");
        keytool(keys, "-genkeypair", "-keyalg", "EC", "-dname", "CN=" + name, "-ext", subject);
        keytool(keys, "-exportcert", "-rfc", "-file", pem(name).toString());
        NetClient client = vertx.createNetClient();
        NetServer server = vertx.createNetServer(new NetServerOptions()
                .setSsl(true)
                .setKeyCertOptions(new PfxOptions().setPath(keys.toString()).setPassword(PASSWORD)));
        server.connectHandler(caller -> {
            caller.pause();
            client.connect(redis.port(), "127.0.0.1").onComplete((there, failed) -> {
                if (there == null) {
                    caller.close();
                } else {
                    caller.pipeTo(there);
                    there.pipeTo(caller);
                }
            });
        });
        return FakePeer.await(server.listen(0, "127.0.0.1")).actualPort();
    }

    private static Path pem(String name) {
        return folder.resolve(name + ".pem");
    }

    private static void keytool(Path keys, String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of(words));
        command.addAll(List.of("-keystore", keys.toString(), "-storetype", "PKCS12", "-storepass", PASSWORD));
        command.addAll(List.of("-alias", "redis"));
        Process keytool = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(keytool.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(keytool.exitValue()).isZero();
    }

    private LinkFixture link(int port, boolean verify, @Nullable Path ca) {
        LinkFixture link = new LinkFixture(
                vertx, LinkFixture.settings(port).tls(new RedisTls(verify, ca)).build());
        open.add(link);
        return link;
    }

    private static void assertWorks(LinkFixture link) {
        await().until(link::connected);
        FakePeer.await(link.set("a", "b"));
        assertThat(FakePeer.await(link.get("a"))).isEqualTo("b");
        assertThat(redis.command("GET", "a")).isEqualTo("$1");
    }

    /** By the handshake, and not for want of time: it says so. */
    private void assertRefused(LinkFixture link) {
        await().until(() ->
                log.list.stream().anyMatch(line -> line.getFormattedMessage().contains("reason=\"tls\"")));
        log.list.clear();
        assertThat(failure(link.get("a"))).isInstanceOf(RedisFailure.Unavailable.class);
        assertThat(link.states).isEmpty();
    }

    @Test
    void aServerForWhomTheGivenAuthorityVouchesIsBelieved() {
        assertWorks(link(rightName, true, pem("right")));
    }

    @Test
    void aCertificateNobodyVouchesForIsRefusedUnlessVerificationIsOff() {
        assertRefused(link(rightName, true, null));
        assertRefused(link(rightName, true, pem("other")));
        assertWorks(link(rightName, false, null));
    }

    @Test
    void aCertificateOfAnotherNameIsRefusedUnlessVerificationIsOff() {
        assertRefused(link(otherName, true, pem("other")));
        assertWorks(link(otherName, false, null));
    }
}
