package io.portcullis.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.portcullis.testing.TcpProxy;
import io.portcullis.testing.TestServers;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetServer;
import io.vertx.junit5.VertxExtension;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.LoggerFactory;

@Timeout(30)
@ExtendWith(VertxExtension.class)
class PostgresLineIT {

    private final PgConnectOptions server = PgConnectOptions.fromUri(TestServers.freshDatabaseUrl());

    /** What was sent over the first connection may fail when there is another one already. */
    @Test
    void whatIsGivenUpLateDoesNotTakeTheNextConnectionWithIt(Vertx vertx) throws Exception {
        BlockingQueue<PgConnection> made = new LinkedBlockingQueue<>();
        PostgresLine line = to(server.getPort(), vertx, made);
        Context loop = vertx.getOrCreateContext();
        onLoop(loop, line::open);
        PgConnection first = made.take();
        // Its attempt is over when the line has it.
        while (connection(loop, line) != first) {
            TimeUnit.MILLISECONDS.sleep(5);
        }

        onLoop(loop, () -> line.giveUp(first, "it hangs"));
        PgConnection second = made.take();
        while (connection(loop, line) != second) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        onLoop(loop, () -> line.giveUp(first, "what was sent over it before has failed as well"));

        assertThat(connection(loop, line)).isSameAs(second);
        assertThat(second.query("SELECT 1")
                        .execute()
                        .await(10, TimeUnit.SECONDS)
                        .size())
                .isEqualTo(1);
        line.close().await(10, TimeUnit.SECONDS);
    }

    /** Without a handler the driver prints it, between the lines of the log. */
    @Test
    void whatTheServerSaysAtTheEndOfASessionIsTheReasonInTheLog(Vertx vertx) throws Exception {
        BlockingQueue<PgConnection> made = new LinkedBlockingQueue<>();
        PostgresLine line = to(server.getPort(), vertx, made);
        Context loop = vertx.getOrCreateContext();
        Logger log = (Logger) LoggerFactory.getLogger(PostgresLine.class);
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.list = new CopyOnWriteArrayList<>();
        lines.start();
        log.addAppender(lines);
        try {
            onLoop(loop, line::open);
            PgConnection first = made.take();
            while (connection(loop, line) != first) {
                TimeUnit.MILLISECONDS.sleep(5);
            }
            first.query("SELECT pg_terminate_backend(pg_backend_pid())").execute();
            made.take();
        } finally {
            log.detachAppender(lines);
        }

        assertThat(lines.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .contains(
                        "event=postgres_line.lost line=test reason=\"terminating connection due to administrator command (57P01)\"");
        line.close().await(10, TimeUnit.SECONDS);
    }

    /** All that it has not answered are answered at once when it is back, each for a process of its own and a password check of both sides. */
    @Test
    void aServerThatHangsIsNotWaitedForByMoreAndMore(Vertx vertx) throws Exception {
        AtomicInteger begun = new AtomicInteger();
        AtomicInteger waiting = new AtomicInteger();
        NetServer silent = vertx.createNetServer()
                .connectHandler(socket -> {
                    begun.incrementAndGet();
                    waiting.incrementAndGet();
                    socket.closeHandler(ended -> waiting.decrementAndGet());
                })
                .listen(0, "127.0.0.1")
                .await(10, TimeUnit.SECONDS);
        PostgresLine line = to(silent.actualPort(), vertx, new LinkedBlockingQueue<>());
        onLoop(vertx.getOrCreateContext(), line::open);

        await().until(() -> begun.get() >= 8);

        // The one that is given up for the next has to get there.
        await().atMost(Duration.ofSeconds(2)).until(() -> waiting.get() <= 3);
        line.close().await(10, TimeUnit.SECONDS);
        await().atMost(Duration.ofSeconds(2)).until(() -> waiting.get() == 0);
    }

    /** Its handshake takes longer than it takes until there are as many attempts as may be. */
    @Test
    void aServerThatIsSlowIsWaitedFor(Vertx vertx) throws Exception {
        try (TcpProxy way = TcpProxy.to("127.0.0.1", server.getPort())) {
            way.delay(Duration.ofMillis(300));
            BlockingQueue<PgConnection> made = new LinkedBlockingQueue<>();
            PostgresLine line = to(way.port(), vertx, made);
            Context loop = vertx.getOrCreateContext();

            onLoop(loop, line::open);

            assertThat(made.poll(20, TimeUnit.SECONDS)).isNotNull();
            line.close().await(10, TimeUnit.SECONDS);
        }
    }

    private PostgresLine to(int port, Vertx vertx, BlockingQueue<PgConnection> made) {
        return new PostgresLine(
                vertx,
                "test",
                new PgConnectOptions(server).setHost("127.0.0.1").setPort(port),
                Duration.ofSeconds(8),
                connection -> {
                    made.add(connection);
                    return Future.succeededFuture();
                },
                () -> {});
    }

    private static void onLoop(Context loop, Runnable what) throws Exception {
        Future.<Void>future(done -> loop.runOnContext(now -> {
                    what.run();
                    done.complete();
                }))
                .await(10, TimeUnit.SECONDS);
    }

    private static @Nullable PgConnection connection(Context loop, PostgresLine line) throws Exception {
        return Future.<@Nullable PgConnection>future(done -> loop.runOnContext(now -> done.complete(line.connection())))
                .await(10, TimeUnit.SECONDS);
    }
}
