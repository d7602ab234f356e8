package io.portcullis.sync;

import io.portcullis.bus.Loop;
import io.portcullis.source.SourceException;
import io.portcullis.source.SourceItem;
import io.portcullis.source.Verification;
import io.portcullis.source.Verification.Finding;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Compares the clients of one page and repairs what differs: all in one transaction, with the cursor. Most pages differ in nothing; so they
 * are looked at without locks first.
 */
final class PageWork {

    /** What takes longer hangs. */
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final Pool transactions;
    private final Batches batches;

    PageWork(Pool transactions, Batches batches) {
        this.transactions = transactions;
        this.batches = batches;
    }

    /**
     * Does the page, unless that is done already.
     *
     * @param batch before it
     */
    Future<PageDone> process(Batch batch, AskedPage asked) {
        ParsedPage page = ParsedPage.of(asked.page().items());
        Future<List<Finding>> looked =
                transactions.withConnection(connection -> Verification.look(connection, page.items(), asked.askedAt()));
        return looked.compose(findings -> write(new Attempt(batch, asked, page, findings, false)))
                .timeout(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    }

    private Future<PageDone> write(Attempt attempt) {
        return inTransaction(attempt)
                .recover(failure -> attempt.oneByOne || SourceException.refusal(failure) == null
                        ? Future.failedFuture(failure)
                        : write(new Attempt(attempt.batch, attempt.asked, attempt.page, attempt.looked, true)))
                .recover(failure -> failure instanceof SyncException.LostLock
                        ? doneAlready(attempt)
                        : Future.failedFuture(failure));
    }

    /** A transaction of the driver ends with the first error in it: one that goes on behind a savepoint is begun and ended by hand. */
    private Future<PageDone> inTransaction(Attempt attempt) {
        if (!attempt.oneByOne) {
            return transactions.withTransaction(attempt::write);
        }
        return transactions.withConnection(connection -> connection
                .query("BEGIN")
                .execute()
                .compose(begun -> attempt.write(connection))
                .transform(done -> connection
                        .query(done.succeeded() ? "COMMIT" : "ROLLBACK")
                        .execute()
                        .compose(ended -> done.succeeded()
                                ? Future.succeededFuture(done.result())
                                : Future.failedFuture(done.cause()))));
    }

    /** The answer to a commit may have been lost: then the row knows better than we what the page has come to. */
    private Future<PageDone> doneAlready(Attempt attempt) {
        Batch before = attempt.batch;
        return batches.behind(before, attempt.asked.page().next(), attempt.page.size())
                .map(now -> new PageDone(
                        now,
                        (int) (now.counts().matched() - before.counts().matched()),
                        (int) (now.counts().repaired() - before.counts().repaired()),
                        (int) (now.counts().reported() - before.counts().reported()),
                        attempt.page.faulty(),
                        attempt.differing().stream()
                                .map(item -> item.record().clientId())
                                .toList()));
    }

    /** One transaction. */
    private static final class Attempt {
        private final Batch batch;
        private final AskedPage asked;
        private final ParsedPage page;
        private final List<Finding> looked;
        private final boolean oneByOne;
        private final String correlationId;

        private final List<String> ids = new ArrayList<>();
        private final List<@Nullable String> cids = new ArrayList<>();
        private final List<String> statuses = new ArrayList<>();
        private final Map<String, JsonObject> reports = new HashMap<>();
        private int matched;
        private int repaired;
        private int reported;

        /** @param oneByOne so that one that the database refuses does not keep the others */
        Attempt(Batch batch, AskedPage asked, ParsedPage page, List<Finding> looked, boolean oneByOne) {
            this.batch = batch;
            this.asked = asked;
            this.page = page;
            this.looked = looked;
            this.oneByOne = oneByOne;
            this.correlationId = SyncRun.correlationId(batch);
        }

        List<SourceItem> differing() {
            List<SourceItem> differing = new ArrayList<>();
            for (int i = 0; i < looked.size(); i++) {
                if (!looked.get(i).agrees()) {
                    differing.add(page.items().get(i));
                }
            }
            return differing;
        }

        Future<PageDone> write(SqlConnection transaction) {
            looked.stream().filter(Finding::agrees).forEach(this::take);
            page.faults().forEach((id, reason) -> report(id, null, new JsonObject().put("reason", reason)));
            reported += page.faulty() - page.faults().size();
            return Batches.hold(transaction, batch)
                    .compose(held -> repair(transaction))
                    .compose(done -> record(transaction))
                    .compose(changed -> Batches.advance(
                                    transaction, batch, asked.page().next(), matched, repaired, reported)
                            .map(now -> new PageDone(now, matched, repaired, reported, page.faulty(), changed)));
        }

        private Future<Void> repair(SqlConnection transaction) {
            List<SourceItem> items = differing();
            if (items.isEmpty()) {
                return Future.succeededFuture();
            }
            if (!oneByOne) {
                return Verification.repair(transaction, items, asked.askedAt(), correlationId)
                        .map(findings -> {
                            findings.forEach(this::take);
                            return null;
                        });
            }
            Iterator<SourceItem> rest = items.iterator();
            return Loop.whileTrue(
                    () -> rest.hasNext() ? repair(transaction, rest.next()).map(true) : Future.succeededFuture(false));
        }

        private Future<Void> repair(SqlConnection transaction, SourceItem item) {
            return transaction
                    .query("SAVEPOINT client")
                    .execute()
                    .compose(set -> Verification.repair(transaction, List.of(item), asked.askedAt(), correlationId))
                    .transform(done -> {
                        if (done.succeeded()) {
                            done.result().forEach(this::take);
                            return transaction.query("RELEASE SAVEPOINT client").execute();
                        }
                        String reason = SourceException.refusal(done.cause());
                        if (reason == null) {
                            return Future.failedFuture(done.cause());
                        }
                        report(item.record().clientId(), null, new JsonObject().put("reason", reason));
                        return transaction.query("ROLLBACK TO SAVEPOINT client").execute();
                    })
                    .mapEmpty();
        }

        private void take(Finding finding) {
            Verdict verdict = Verdict.of(finding, asked.askedAt());
            switch (verdict) {
                case MATCHED -> {
                    matched++;
                    add(finding.clientId(), finding.cid(), verdict);
                }
                case REPAIRED -> {
                    repaired++;
                    add(finding.clientId(), finding.cid(), verdict);
                }
                case REPORTED -> report(finding.clientId(), finding.cid(), DifferenceView.json(finding));
            }
        }

        private void report(String clientId, @Nullable String cid, JsonObject payload) {
            reported++;
            add(clientId, cid, Verdict.REPORTED);
            reports.put(
                    clientId,
                    new JsonObject().put("key", clientId).put("cid", cid).put("payload", payload));
        }

        private void add(String clientId, @Nullable String cid, Verdict verdict) {
            ids.add(clientId);
            cids.add(cid);
            statuses.add(verdict.name());
        }

        /** The clients whose row is another now. */
        private Future<List<String>> record(SqlConnection transaction) {
            return transaction
                    .preparedQuery(CidSql.RECORD)
                    .execute(Tuple.of(
                            ids.toArray(new String[0]), cids.toArray(new String[0]), statuses.toArray(new String[0])))
                    .compose(rows -> {
                        List<String> changed = new ArrayList<>();
                        Set<String> anew = new HashSet<>();
                        rows.forEach(row -> {
                            String id = row.getString("client_id");
                            if (row.getBoolean("known")) {
                                changed.add(id);
                            }
                            if (row.getBoolean("reported")) {
                                anew.add(id);
                            }
                        });
                        return tell(transaction, anew).map(changed);
                    });
        }

        private Future<Void> tell(SqlConnection transaction, Set<String> anew) {
            JsonArray rows = new JsonArray();
            anew.forEach(id -> rows.add(reports.get(id)));
            page.nameless()
                    .forEach((reason, count) -> rows.add(new JsonObject()
                            .put(
                                    "payload",
                                    new JsonObject().put("reason", reason).put("items", count))));
            return rows.isEmpty()
                    ? Future.succeededFuture()
                    : transaction
                            .preparedQuery(CidSql.REPORT)
                            .execute(Tuple.of(rows.encode(), correlationId))
                            .mapEmpty();
        }
    }
}
