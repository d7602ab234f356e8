package io.portcullis.freshness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.database.Migrations;
import io.portcullis.freshness.ChangeLog.Commit;
import io.portcullis.freshness.ChangeLog.Page;
import io.portcullis.testing.TestServers;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import java.net.URI;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** The log as a reader gets it from a real PostgreSQL. */
@Timeout(60)
@SuppressWarnings("NullAway.Init") // set before each test
class PgChangeLogIT {

    private String url;
    private Vertx vertx;
    private PgConnection connection;
    private ChangeLog log;

    @BeforeEach
    void connect() throws Exception {
        url = TestServers.freshDatabaseUrl();
        new Migrations(source(url)).migrate();
        vertx = Vertx.vertx();
        connection = await(PgConnection.connect(vertx, PgConnectOptions.fromUri(url)));
        log = new PgChangeLog(connection, Duration.ofSeconds(20), () -> {});
    }

    @AfterEach
    void disconnect() throws Exception {
        await(connection.close());
        await(vertx.close());
    }

    @Test
    void anEmptyLogHasAPosition() throws Exception {
        Page page = await(log.read(0));

        assertThat(page.head().seq()).isZero();
        assertThat(page.head().epoch()).isNotEmpty();
        assertThat(page.commits()).isEmpty();
        assertThat(page.prunedSeq()).isZero();
    }

    @Test
    void commitsComeInOrderWithTheirChanges() throws Exception {
        insertClients(2);
        sql("UPDATE client_registry.clients SET status = 'ACTIVE'");
        sql("TRUNCATE client_registry.client_keys CASCADE");

        Page page = await(log.read(0));

        assertThat(page.commits()).extracting(Commit::seq).containsExactly(1L, 2L, 3L);
        assertThat(page.commits().get(0).changes())
                .hasSize(2)
                .allSatisfy(change -> assertThat(change.op()).isEqualTo("I"));
        assertThat(page.commits().get(1).changes())
                .hasSize(2)
                .allSatisfy(change -> assertThat(change.kind()).isEqualTo(Change.Kind.CLIENT));
        assertThat(page.commits().get(2).changes())
                .singleElement()
                .satisfies(change -> assertThat(change.isOfAll()).isTrue());
        assertThat(page.head().seq()).isEqualTo(3);
        assertThat(page.headMark()).isEqualTo(page.commits().get(2).mark());
        assertThat(await(log.read(2)).mark()).isEqualTo(page.commits().get(1).mark());
        assertThat(await(log.read(2)).commits()).extracting(Commit::seq).containsExactly(3L);
    }

    @Test
    void aPageEndsBetweenCommits() throws Exception {
        insertClients(600);
        for (int i = 0; i < 4; i++) {
            sql("UPDATE client_registry.clients SET bap_id = 'x" + i + "'");
        }

        Page page = await(log.read(0));

        assertThat(page.large()).isFalse();
        assertThat(page.commits()).extracting(Commit::seq).containsExactly(1L, 2L, 3L);
        assertThat(page.commits())
                .allSatisfy(commit -> assertThat(commit.changes()).hasSize(600));
        assertThat(page.head().seq()).isEqualTo(5);
    }

    @Test
    void aCommitThatFitsNoPageIsReadByPortions() throws Exception {
        insertClients(5_000);

        Page page = await(log.read(0));
        List<Integer> portions = new ArrayList<>();
        List<Change> changes = new ArrayList<>();
        await(log.readLarge(page.commits().get(0), portion -> {
            portions.add(portion.size());
            changes.addAll(portion);
            return Future.succeededFuture();
        }));

        assertThat(page.large()).isTrue();
        assertThat(changes).extracting(Change::id).doesNotHaveDuplicates().hasSize(5_000);
        assertThat(portions).allSatisfy(size -> assertThat(size).isLessThanOrEqualTo(500));
        assertThat(await(log.read(1)).commits()).isEmpty();
    }

    @Test
    void aCommitMayHaveManyThousandPortions() throws Exception {
        insertClients(20_000);
        ChangeLog byTwos = new PgChangeLog(connection, Duration.ofSeconds(20), () -> {}, 2);
        AtomicInteger rows = new AtomicInteger();

        await(byTwos.readLarge(await(log.read(0)).commits().get(0), portion -> {
            rows.addAndGet(portion.size());
            return Future.succeededFuture();
        }));

        assertThat(rows).hasValue(20_000);
    }

    @Test
    void aCommitThatIsPrunedBeforeItsPortionsAreReadIsNotTakenForRead() throws Exception {
        insertClients(5_000);
        insertClients(1);
        Commit large = await(log.read(0)).commits().get(0);

        prune("0 seconds", 1_000_000);

        Future<Void> read = log.readLarge(large, portion -> Future.succeededFuture());
        assertThatThrownBy(() -> await(read)).hasMessageContaining("pruned");
        assertThat(await(log.read(0)).prunedSeq()).isEqualTo(1);
    }

    @Test
    void readingBackEndsWhereItNoLongerFits() throws Exception {
        insertClients(15_000);
        insertClients(15_000);
        insertClients(10);

        ChangeLog.Back back = await(log.readBack(3, 60_000));

        assertThat(back.commits()).extracting(Commit::seq).containsExactly(3L, 2L);
        assertThat(back.fromSeq()).isEqualTo(1);
        assertThat(await(log.readBack(3, 0)).fromSeq()).isEqualTo(3);
    }

    @Test
    void theEpochIsRaisedOnceByAllWhoNotice() throws Exception {
        String epoch = await(log.read(0)).head().epoch();

        await(log.raiseEpoch(epoch));
        String raised = await(log.read(0)).head().epoch();
        await(log.raiseEpoch(epoch));

        assertThat(raised).isNotEqualTo(epoch);
        assertThat(await(log.read(0)).head().epoch()).isEqualTo(raised);
    }

    @Test
    void pruningLeavesTheNewestCommitAndWhatALiveNodeHasStillToRead() throws Exception {
        for (int i = 0; i < 10; i++) {
            insertClients(1);
        }
        heartbeat("follows", 7, "clock_timestamp()");
        heartbeat("gone", 2, "clock_timestamp() - interval '1 hour'");

        assertThat(prune("0 seconds", 1_000_000)).isEqualTo(7);
        assertThat(await(log.read(0)).prunedSeq()).isEqualTo(7);
        assertThat(await(log.read(7)).commits()).extracting(Commit::seq).containsExactly(8L, 9L, 10L);

        sql("DELETE FROM client_registry.node_heartbeats");
        assertThat(prune("0 seconds", 1_000_000)).isEqualTo(2);
        Page page = await(log.read(9));
        assertThat(page.commits()).extracting(Commit::seq).containsExactly(10L);
        assertThat(page.head().seq()).isEqualTo(10);
        assertThat(number("SELECT count(*) FROM client_registry.registry_changes"))
                .isEqualTo(1);
    }

    @Test
    void pruningGoesByAgeAndBySize() throws Exception {
        for (int i = 0; i < 10; i++) {
            insertClients(10);
        }

        assertThat(prune("1 hour", 1_000)).isZero();
        assertThat(prune("1 hour", 75)).isEqualTo(3);
        assertThat(number("SELECT count(*) FROM client_registry.registry_changes"))
                .isEqualTo(70);
        sql("UPDATE client_registry.registry_commits SET committed_at = now() - interval '2 hours' WHERE seq <= 5");
        assertThat(prune("1 hour", 1_000)).isEqualTo(2);
        assertThat(await(log.read(0)).prunedSeq()).isEqualTo(5);
    }

    private void insertClients(int count) throws SQLException {
        sql("INSERT INTO client_registry.clients (client_code) SELECT 'c' FROM generate_series(1, " + count + ")");
    }

    private long prune(String age, long changes) throws SQLException {
        return number("SELECT client_registry.prune_log('" + age + "', " + changes + ", 1000)");
    }

    private void heartbeat(String name, long applied, String at) throws SQLException {
        sql(
                "INSERT INTO client_registry.node_heartbeats (node_id, epoch, applied_seq, beat_at, lease_ms, grace_ms) VALUES ('"
                        + name + "', client_registry.current_epoch(), " + applied + ", " + at + ", 5000, 60000)");
    }

    private void sql(String text) throws SQLException {
        try (Connection jdbc = TestServers.connect(url);
                Statement statement = jdbc.createStatement()) {
            statement.execute(text);
        }
    }

    private long number(String query) throws SQLException {
        try (Connection jdbc = TestServers.connect(url);
                Statement statement = jdbc.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.await(30, TimeUnit.SECONDS);
    }

    private static PGSimpleDataSource source(String url) {
        URI uri = URI.create(url);
        String[] account = uri.getUserInfo().split(":", 2);
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl("jdbc:postgresql://" + uri.getHost() + ":" + uri.getPort() + uri.getPath());
        source.setUser(account[0]);
        source.setPassword(account[1]);
        return source;
    }
}
