package io.portcullis.database;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.portcullis.testing.TestServers;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.LoggerFactory;

@Timeout(30)
@ExtendWith(VertxExtension.class)
class PostgresLineIT {

    /** What was sent over the first connection may fail when there is another one already. */
    @Test
    void whatIsGivenUpLateDoesNotTakeTheNextConnectionWithIt(Vertx vertx) throws Exception {
        BlockingQueue<PgConnection> made = new LinkedBlockingQueue<>();
        PostgresLine line = new PostgresLine(
                vertx,
                "test",
                PgConnectOptions.fromUri(TestServers.freshDatabaseUrl()),
                Duration.ofSeconds(5),
                connection -> {
                    made.add(connection);
                    return Future.succeededFuture();
                },
                () -> {});
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
        PostgresLine line = new PostgresLine(
                vertx,
                "test",
                PgConnectOptions.fromUri(TestServers.freshDatabaseUrl()),
                Duration.ofSeconds(5),
                connection -> {
                    made.add(connection);
                    return Future.succeededFuture();
                },
                () -> {});
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
