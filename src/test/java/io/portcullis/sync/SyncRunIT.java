package io.portcullis.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.bus.Deadline;
import io.portcullis.sync.Batch.Counts;
import io.portcullis.sync.Batch.Status;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Passes on a real PostgreSQL. */
@Timeout(120)
@SuppressWarnings("NullAway.Init") // set before each test
class SyncRunIT {

    private static SyncBench bench;
    private FakeSource source;

    @BeforeAll
    static void open() throws SQLException {
        bench = new SyncBench();
    }

    @BeforeEach
    void reset() throws SQLException {
        bench.sql("ALTER TABLE client_registry.clients DROP CONSTRAINT IF EXISTS no_seven");
        bench.reset();
        source = new FakeSource();
    }

    @AfterAll
    static void close() throws SQLException {
        bench.close();
    }

    private static Counts counts(long total, long matched, long repaired, long reported) {
        return new Counts(total, matched, repaired, reported, 0);
    }

    /** A registry that agrees with a source of so many clients. */
    private void agreed(int clients) {
        source.with(clients);
        bench.sync(source);
    }

    @Test
    void anEmptyRegistryIsFilledAndThenAgrees() throws Exception {
        source.with(25);
        Batch first = bench.sync(source);
        assertThat(first.status()).isEqualTo(Status.COMPLETED);
        assertThat(first.counts()).isEqualTo(counts(25, 0, 25, 0));
        assertThat(first.cursor()).isNull();
        assertThat(first.completedAt()).isNotNull();
        assertThat(bench.one(
                        "SELECT count(*) FROM client_registry.clients WHERE status = 'ACTIVE' AND rate_limit = 100"))
                .isEqualTo("25");

        Batch second = bench.sync(source);
        assertThat(second.counts()).isEqualTo(counts(25, 25, 0, 0));
        assertThat(bench.audited("sync.repaired")).isEqualTo(25);
        assertThat(bench.all("SELECT DISTINCT sync_status FROM client_registry.cids"))
                .containsExactly("MATCHED");
        assertThat(bench.one("SELECT count(*) FROM client_registry.sync_batches"))
                .isEqualTo("1");
    }

    @Test
    void whatDriftedIsRepairedOrReportedAndNothingElse() throws Exception {
        agreed(60);
        bench.update(1, "rate_limit = 7");
        bench.sql("DELETE FROM client_registry.clients WHERE client_id = '" + FakeSource.id(2) + "'");
        source.put(FakeSource.client(3).put("status", "SUSPENDED").put("version", 4));
        bench.update(4, "status = 'SUSPENDED'");
        bench.update(5, "status = 'REVOKED'");
        bench.update(6, "client_secret_hash = 'sha256:of somebody else', api_key_hash = 'sha256:of somebody else'");
        source.put(FakeSource.client(7).put("rate_limit", -1));
        source.put(
                FakeSource.client(8).put("client_secret_hash", "sha256:rotated").put("version", 4));
        bench.sql("INSERT INTO client_registry.clients (client_id, client_code, status) VALUES ('" + FakeSource.id(999)
                + "', 'only here', 'ACTIVE')");
        source.put(FakeSource.client(9)
                .put("metadata", new JsonObject().put("tier", "silver"))
                .put("version", 4));
        bench.update(10, "allowed_ips = NULL");

        Batch batch = bench.sync(source);

        assertThat(batch.counts()).isEqualTo(counts(60, 50, 7, 3));
        assertThat(bench.client(1, "rate_limit")).isEqualTo("100");
        assertThat(bench.client(2, "client_code")).isEqualTo("code-2");
        assertThat(bench.client(3, "status")).isEqualTo("SUSPENDED");
        assertThat(bench.client(4, "status")).isEqualTo("SUSPENDED");
        assertThat(bench.client(5, "status")).isEqualTo("REVOKED");
        assertThat(bench.client(6, "client_secret_hash"))
                .isEqualTo(FakeSource.client(6).getString("client_secret_hash"));
        assertThat(bench.client(7, "rate_limit")).isEqualTo("100");
        assertThat(bench.client(8, "api_key_hash")).isEqualTo("sha256:rotated");
        assertThat(bench.client(10, "allowed_ips")).isEqualTo("{10.1.0.0/16}");
        assertThat(bench.client(999, "status")).isEqualTo("ACTIVE");
        assertThat(bench.all("SELECT key FROM client_registry.audit_logs WHERE action = 'sync.reported' ORDER BY key"))
                .containsExactly(FakeSource.id(4), FakeSource.id(5), FakeSource.id(7));
        assertThat(bench.one("SELECT payload->>'reason' FROM client_registry.audit_logs WHERE action = 'sync.reported'"
                        + " AND key = '" + FakeSource.id(7) + "'"))
                .contains("rate_limit")
                .doesNotContain("-1");
        assertThat(bench.one("SELECT string_agg(payload::text, '') FROM client_registry.audit_logs"))
                .doesNotContain("sha256:");
        assertThat(bench.statusOf(1)).isEqualTo("REPAIRED");
        assertThat(bench.statusOf(4)).isEqualTo("REPORTED");
        assertThat(bench.statusOf(7)).isEqualTo("REPORTED");
        assertThat(bench.statusOf(20)).isEqualTo("MATCHED");
        assertThat(bench.one(
                        "SELECT count(*) FROM client_registry.cids WHERE client_id = '" + FakeSource.id(999) + "'"))
                .isEqualTo("0");

        Batch again = bench.sync(source);
        assertThat(again.counts()).isEqualTo(counts(60, 57, 0, 3));
        assertThat(bench.audited("sync.reported"))
                .as("what was told is not told again")
                .isEqualTo(3);
        assertThat(bench.audited("sync.repaired")).isEqualTo(60 + 7);

        bench.update(4, "rate_limit = 8");
        source.put(FakeSource.client(4).put("client_code", "other").put("version", 5));
        bench.sync(source);
        assertThat(bench.audited("sync.reported"))
                .as("another difference is another report")
                .isEqualTo(4);
    }

    @Test
    void suspendedThereAndRevokedHereIsReported() throws Exception {
        agreed(3);
        bench.update(1, "status = 'REVOKED'");
        source.put(FakeSource.client(1).put("status", "SUSPENDED").put("version", 4));
        assertThat(bench.sync(source).counts()).isEqualTo(counts(3, 2, 0, 1));
        assertThat(bench.client(1, "status")).isEqualTo("REVOKED");
    }

    @Test
    void aSecretThatWasMovedToAnotherPepperIsNoDrift() throws Exception {
        source.put(FakeSource.client(1).put("client_secret_hash", "hmac-sha256:old:" + "a".repeat(64)));
        bench.sync(source);
        bench.update(1, "client_secret_hash = 'hmac-sha256:new:" + "b".repeat(64) + "'");
        assertThat(bench.sync(source).counts()).isEqualTo(counts(1, 1, 0, 0));
        assertThat(bench.client(1, "client_secret_hash")).startsWith("hmac-sha256:new:");
    }

    @Test
    void itemsWithoutVersionAndTimeAreRepairedToo() throws Exception {
        JsonObject bare = FakeSource.client(1);
        bare.remove("version");
        bare.remove("updated_at");
        source.put(bare);
        bench.sync(source);
        bench.update(1, "rate_limit = 7");
        assertThat(bench.sync(source).counts()).isEqualTo(counts(1, 0, 1, 0));
        assertThat(bench.client(1, "rate_limit")).isEqualTo("100");
    }

    @Test
    void ofTwoItemsOfOneClientTheNewerCountsAndItCountsOnce() throws Exception {
        JsonObject newer = FakeSource.client(1).put("version", 9).put("rate_limit", 900);
        ClientSource twice = (cursor, limit, deadline) ->
                Future.succeededFuture(new ClientSource.Page(List.of(newer, FakeSource.client(1)), null));
        assertThat(bench.sync(twice).counts()).isEqualTo(counts(1, 0, 1, 0));
        assertThat(bench.client(1, "rate_limit")).isEqualTo("900");
    }

    @Test
    void anItemOfNobodyIsCountedAndTold() throws Exception {
        ClientSource broken = (cursor, limit, deadline) -> Future.succeededFuture(new ClientSource.Page(
                List.of(FakeSource.client(1), new JsonObject(), new JsonObject().put("client_id", "x")), null));
        assertThat(bench.sync(broken).counts()).isEqualTo(counts(3, 0, 1, 2));
        assertThat(bench.one("SELECT payload->>'items' FROM client_registry.audit_logs WHERE action = 'sync.reported'"))
                .isEqualTo("2");
    }

    @Test
    void oneThatTheDatabaseRefusesIsReportedAndTheOthersOfItsPageAreRepaired() throws Exception {
        bench.sql("ALTER TABLE client_registry.clients ADD CONSTRAINT no_seven CHECK (client_code <> 'code-7')");
        source.with(25);
        Batch batch = bench.sync(source);
        assertThat(batch.status()).isEqualTo(Status.COMPLETED);
        assertThat(batch.counts()).isEqualTo(counts(25, 0, 24, 1));
        assertThat(bench.one("SELECT count(*) FROM client_registry.clients")).isEqualTo("24");
        assertThat(bench.statusOf(7)).isEqualTo("REPORTED");
        assertThat(bench.one(
                        "SELECT payload->>'reason' FROM client_registry.audit_logs WHERE action = 'sync.reported'"))
                .contains("no_seven");
        assertThat(bench.one("SELECT count(*) FROM client_registry.source_clients"))
                .isEqualTo("24");
        assertThat(bench.sync(source).counts()).isEqualTo(counts(25, 24, 0, 1));
    }

    @Test
    void oneThatWasInterruptedGoesOnAndComparesEachClientOnce() throws Exception {
        source.with(45);
        AtomicReference<SyncRun> running = new AtomicReference<>();
        AtomicInteger pages = new AtomicInteger();
        SyncRun first = bench.run(source, SyncBench.TENS, new SyncRun.Listener() {
            @Override
            public void page(PageDone page, double perSecond) {
                if (pages.incrementAndGet() == 2) {
                    Objects.requireNonNull(running.get()).interrupt();
                }
            }
        });
        running.set(first);
        Batch interrupted = SyncBench.await(bench.begin(first, bench.token()));
        assertThat(interrupted.status()).isEqualTo(Status.INTERRUPTED);
        long done = interrupted.counts().total();
        assertThat(done).isBetween(20L, 30L);
        assertThat(interrupted.cursor()).isEqualTo(FakeSource.id((int) done - 1));

        Batch whole = bench.sync(source);
        assertThat(whole.status()).isEqualTo(Status.COMPLETED);
        assertThat(whole.counts()).isEqualTo(counts(45, 0, 45, 0));
        assertThat(whole.startedAt()).isEqualTo(interrupted.startedAt());
        assertThat(bench.audited("sync.repaired")).isEqualTo(45);
    }

    @Test
    void restartBeginsAtTheBeginningWhateverTheCursorIs() throws Exception {
        source.with(25);
        bench.sync(source);
        bench.sql("UPDATE client_registry.sync_batches SET status = 'INTERRUPTED', cursor = '" + FakeSource.id(19)
                + "', total = 20, matched = 20, repaired = 0");
        assertThat(bench.sync(source, SyncBench.ANEW).counts()).isEqualTo(counts(25, 25, 0, 0));
    }

    @Test
    void whatYesterdayLeftIsNotGoneOnWith() throws Exception {
        source.with(25);
        bench.sync(source);
        bench.sql("UPDATE client_registry.sync_batches SET batch_date = batch_date - 1, status = 'RUNNING', cursor = '"
                + FakeSource.id(19) + "'");
        assertThat(bench.sync(source).counts().total()).isEqualTo(25);
        assertThat(bench.all("SELECT status FROM client_registry.sync_batches ORDER BY batch_date"))
                .containsExactly("INTERRUPTED", "COMPLETED");
    }

    /** As if it had slept: another one has begun, with a later token. */
    @Test
    void whoIsOvertakenWritesNothingMore() throws Exception {
        source.with(45);
        Promise<Void> overtaken = Promise.promise();
        source.instead(n -> n == 3
                ? overtaken.future().map(done -> new ClientSource.Page(List.of(FakeSource.client(20)), null))
                : null);
        Future<Batch> slow = bench.begin(bench.run(source, SyncBench.TENS), 1000);
        await().until(() -> bench.one("SELECT coalesce(max(total), 0) FROM client_registry.sync_batches")
                .equals("20"));

        bench.sql("UPDATE client_registry.sync_batches SET token = 1001");
        overtaken.complete();

        assertThat(SyncBench.failure(slow)).isInstanceOf(SyncException.LostLock.class);
        assertThat(bench.one("SELECT count(*) FROM client_registry.clients")).isEqualTo("20");
        assertThat(bench.one("SELECT count(*) FROM client_registry.cids")).isEqualTo("20");
        assertThat(bench.audited("sync.repaired")).isEqualTo(20);
        assertThat(bench.one("SELECT status || ' ' || total FROM client_registry.sync_batches"))
                .isEqualTo("RUNNING 20");
    }

    @Test
    void whoComesWithASmallerTokenDoesNotBegin() throws Exception {
        source.with(5);
        SyncBench.await(bench.begin(bench.run(source, SyncBench.TENS), 2000));
        source.put(FakeSource.client(77));
        assertThat(SyncBench.failure(bench.begin(bench.run(source, SyncBench.TENS), 1999)))
                .isInstanceOf(SyncException.LostLock.class);
        assertThat(bench.one("SELECT count(*) FROM client_registry.clients")).isEqualTo("5");
    }

    /** The first one's transaction may be committed though nobody has heard of it. */
    @Test
    void aPageWhoseCommitWasNotHeardOfCountsOnce() throws Exception {
        source.with(15);
        Batches batches = new Batches(bench.postgres.transactions());
        PageWork pages = new PageWork(bench.postgres.transactions(), batches);
        Batch begun = SyncBench.await(batches.begin(1, false));
        AskedPage page = new AskedPage(
                SyncBench.await(source.page(null, 10, Deadline.in(Duration.ofSeconds(5)))), Instant.now());
        SyncBench.await(bench.onLoop(() -> pages.process(begun, page)));
        PageDone again = SyncBench.await(bench.onLoop(() -> pages.process(begun, page)));
        assertThat(again.batch().counts()).isEqualTo(counts(10, 0, 10, 0));
        assertThat(again.repaired()).isEqualTo(10);
        assertThat(bench.one("SELECT total FROM client_registry.sync_batches")).isEqualTo("10");
    }

    @Test
    void aSourceThatFailsForAWhileIsAskedAgain() {
        source.with(45);
        source.instead(n -> n == 2 || n == 4 || n == 5 ? Future.failedFuture("503") : null);
        assertThat(bench.sync(source).counts()).isEqualTo(counts(45, 0, 45, 0));
    }

    @Test
    void aSourceThatFailsForTooLongFailsTheBatchAndTheNextRunGoesOn() throws Exception {
        source.with(45);
        source.instead(n -> n >= 3 ? Future.failedFuture("the breaker is open") : null);
        assertThat(bench.failure(source, new SyncRun.Settings(10, Duration.ofMillis(500), false, false)))
                .isInstanceOf(SyncException.Failed.class)
                .hasMessageContaining("the breaker is open");
        assertThat(bench.one("SELECT status || ' ' || total || ' ' || cursor FROM client_registry.sync_batches"))
                .isEqualTo("FAILED 20 " + FakeSource.id(19));
        assertThat(bench.one("SELECT error FROM client_registry.sync_batches")).contains("the breaker is open");

        source.instead(n -> null);
        Batch whole = bench.sync(source);
        assertThat(whole.counts()).isEqualTo(counts(45, 0, 45, 0));
        assertThat(whole.error()).isNull();
        assertThat(source.asked()).as("pages from the cursor on").isEqualTo(3);
    }

    @Test
    void aStopDoesNotWaitForASourceThatHangs() throws Exception {
        source.with(45);
        source.instead(n -> n == 3 ? Promise.<ClientSource.Page>promise().future() : null);
        SyncRun run = bench.run(source, SyncBench.TENS);
        Future<Batch> under = bench.begin(run, bench.token());
        await().until(() -> bench.one("SELECT coalesce(max(total), 0) FROM client_registry.sync_batches")
                .equals("20"));
        run.interrupt();
        assertThat(SyncBench.await(under).status()).isEqualTo(Status.INTERRUPTED);
    }

    @Test
    void pagesThatGoRoundInACircleEnd() {
        ClientSource round = (cursor, limit, deadline) -> {
            int n = cursor == null ? 0 : Integer.parseInt(cursor);
            return Future.succeededFuture(
                    new ClientSource.Page(List.of(FakeSource.client(n)), Integer.toString((n + 1) % 3)));
        };
        assertThat(bench.failure(round, SyncBench.TENS)).hasMessageContaining("circle");
    }

    @Test
    void whoIsGoneIsMarkedAndToldOnceAndComesBack() throws Exception {
        agreed(60);
        source.remove(3).remove(33);
        Batch batch = bench.sync(source);
        assertThat(batch.counts().absent()).isEqualTo(2);
        assertThat(bench.statusOf(3)).isEqualTo("ABSENT_AT_SOURCE");
        assertThat(bench.client(3, "status")).isEqualTo("ACTIVE");
        assertThat(bench.audited("sync.absent")).isEqualTo(2);

        source.remove(34);
        assertThat(bench.sync(source).counts().absent()).isEqualTo(3);
        assertThat(bench.audited("sync.absent"))
                .as("who was told of is not told of again")
                .isEqualTo(3);

        source.put(FakeSource.client(3));
        assertThat(bench.sync(source).counts().absent()).isEqualTo(2);
        assertThat(bench.statusOf(3)).isEqualTo("MATCHED");
    }

    @Test
    void aClientThatOnlyEventsSpokeOfMayBeAbsentAndOneThatTheyMakeMeanwhileIsNot() throws Exception {
        agreed(20);
        bench.sql("INSERT INTO client_registry.clients (client_id, status, created_at) VALUES ('" + FakeSource.id(500)
                + "', 'ACTIVE', now() - INTERVAL '1 day'); INSERT INTO client_registry.source_clients (client_id) VALUES ('"
                + FakeSource.id(500) + "')");
        // Behind the cursor's back: the page of it was read before it was there.
        source.instead(n -> {
            if (n == 2) {
                made(501);
            }
            return null;
        });
        assertThat(bench.sync(source).counts().absent()).isEqualTo(1);
        assertThat(bench.statusOf(500)).isEqualTo("ABSENT_AT_SOURCE");
    }

    private void made(int n) {
        try {
            bench.sql("INSERT INTO client_registry.clients (client_id, status) VALUES ('" + FakeSource.id(n)
                    + "', 'ACTIVE'); INSERT INTO client_registry.source_clients (client_id) VALUES ('"
                    + FakeSource.id(n) + "')");
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whoIsComparedBeforeAnInterruptionIsNotAbsentAfterIt() throws Exception {
        agreed(45);
        source.instead(n -> n >= 3 ? Future.failedFuture("away") : null);
        bench.failure(source, new SyncRun.Settings(10, Duration.ofMillis(300), false, false));
        source.instead(n -> null);
        assertThat(bench.sync(source).counts()).isEqualTo(counts(45, 45, 0, 0));
        assertThat(bench.audited("sync.absent")).isZero();
    }

    @Test
    void anEmptySourceMakesNobodyAbsent() throws Exception {
        agreed(5);
        source.clear();
        assertThat(bench.failure(source, SyncBench.TENS)).hasMessageContaining("--accept-absent");
        assertThat(bench.all("SELECT DISTINCT sync_status FROM client_registry.cids"))
                .containsExactly("REPAIRED");
        assertThat(bench.one("SELECT status FROM client_registry.sync_batches")).isEqualTo("FAILED");

        SyncRun.Settings accepting = new SyncRun.Settings(10, Duration.ofSeconds(2), false, true);
        assertThat(bench.sync(source, accepting).counts().absent()).isEqualTo(5);
    }

    @Test
    void aSourceThatHasLostMoreThanHalfMakesNobodyAbsent() throws Exception {
        agreed(120);
        for (int n = 0; n < 61; n++) {
            source.remove(n);
        }
        assertThat(bench.failure(source, SyncBench.TENS)).hasMessageContaining("61 of the 120");
        assertThat(bench.audited("sync.absent")).isZero();
        assertThat(bench.one("SELECT count(*) FROM client_registry.cids WHERE sync_status = 'ABSENT_AT_SOURCE'"))
                .isEqualTo("0");

        source.put(FakeSource.client(0));
        assertThat(bench.sync(source).counts().absent()).isEqualTo(60);
    }

    @Test
    void whoIsNeitherHereNorThereIsForgotten() throws Exception {
        agreed(20);
        bench.sql("DELETE FROM client_registry.clients WHERE client_id = '" + FakeSource.id(3) + "'");
        source.remove(3);
        assertThat(bench.sync(source).counts().absent()).isZero();
        assertThat(bench.one("SELECT count(*) FROM client_registry.cids")).isEqualTo("19");
    }

    @Test
    void anEventThatCameMeanwhileWinsOverAnOlderPage() throws Exception {
        agreed(3);
        // As the event's writer leaves it: a newer word of the source, of just now.
        long micros = System.currentTimeMillis() * 1000;
        bench.update(1, "rate_limit = 500");
        bench.sql("UPDATE client_registry.source_clients SET stamps = '"
                + new JsonArray()
                        .add(new JsonArray().add(8).add(micros).add("e-1").add(new JsonArray().add("rate_limit")))
                        .encode()
                + "' WHERE client_id = '" + FakeSource.id(1) + "'");
        assertThat(bench.sync(source).counts()).isEqualTo(counts(3, 3, 0, 0));
        assertThat(bench.client(1, "rate_limit")).isEqualTo("500");

        bench.sql("UPDATE client_registry.source_clients SET stamps = replace(stamps::text, '" + micros + "', '"
                + (micros - 7_200_000_000L) + "')::jsonb");
        assertThat(bench.sync(source).counts())
                .as("the source contradicts what it said long ago")
                .isEqualTo(counts(3, 2, 0, 1));
        assertThat(bench.client(1, "rate_limit")).isEqualTo("500");
    }

    @Test
    void memoryHoldsTwoPagesWhateverThereIs() {
        source.with(200);
        List<Integer> ahead = new ArrayList<>();
        AtomicInteger done = new AtomicInteger();
        SyncRun run = bench.run(source, SyncBench.TENS, new SyncRun.Listener() {
            @Override
            public void page(PageDone page, double perSecond) {
                ahead.add(source.asked() - done.incrementAndGet());
            }
        });
        SyncBench.await(bench.begin(run, bench.token()));
        assertThat(ahead).hasSize(20).allMatch(pages -> pages <= 1);
    }
}
