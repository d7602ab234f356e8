package io.portcullis;

import io.portcullis.bus.BusException;
import io.portcullis.bus.Deadline;
import io.portcullis.management.Resource;
import io.portcullis.registry.ClientDirectory;
import io.portcullis.sync.CidEntry;
import io.portcullis.sync.Cids;
import io.portcullis.sync.SyncRecords;
import io.portcullis.sync.SyncVerticle;
import io.vertx.core.Future;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.SqlClient;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What administrators read of the comparisons with the source. */
final class SyncResources {

    private static final Duration LIMIT = Duration.ofSeconds(5);
    private static final int DEFAULT_BATCHES = 30;
    private static final int MOST_BATCHES = 400;
    private static final int DEFAULT_DIFFERENCES = 100;
    private static final int MOST_DIFFERENCES = 1000;

    private final EventBus bus;
    private final SqlClient sql;
    private final SyncRecords records;

    /** @param sql for what the sync verticle of this process is not asked, or where there is none */
    SyncResources(EventBus bus, SqlClient sql) {
        this.bus = bus;
        this.sql = sql;
        this.records = new SyncRecords(sql);
    }

    List<Resource> all() {
        return List.of(
                new Resource("/sync/batches", Set.of("limit"), this::batches),
                new Resource("/sync/cid", Set.of("client_id"), this::cid),
                new Resource("/sync/differences", Set.of("after", "limit"), this::differences));
    }

    private Future<Resource.Answer> batches(Map<String, String> parameters) {
        Integer limit = limit(parameters, DEFAULT_BATCHES, MOST_BATCHES);
        if (limit == null) {
            return bad("limit is 1 to " + MOST_BATCHES);
        }
        return answer(
                records.batches(limit),
                batches -> new Resource.Body(new JsonObject()
                        .put(
                                "batches",
                                new JsonArray(
                                        batches.stream().map(SyncView::json).toList()))));
    }

    private Future<Resource.Answer> cid(Map<String, String> parameters) {
        String given = parameters.get("client_id");
        if (given == null || !ClientDirectory.isId(given)) {
            return bad("client_id is the UUID of a client");
        }
        String clientId = given.toLowerCase(Locale.ROOT);
        Deadline deadline = Deadline.in(LIMIT);
        Future<Optional<CidEntry>> found = SyncVerticle.CID
                .ask(bus, new SyncVerticle.CidQuestion(clientId), deadline)
                .recover(failure -> failure instanceof BusException
                        ? Cids.stored(sql, clientId, deadline)
                        : Future.failedFuture(failure));
        return answer(
                found,
                entry -> entry.<Resource.Answer>map(one -> new Resource.Body(SyncView.json(one)))
                        .orElseGet(() -> new Resource.Problem(
                                404,
                                65006,
                                "No such client",
                                "the client was never compared with the source",
                                new JsonObject())));
    }

    private Future<Resource.Answer> differences(Map<String, String> parameters) {
        String after = parameters.get("after");
        Integer limit = limit(parameters, DEFAULT_DIFFERENCES, MOST_DIFFERENCES);
        if (limit == null) {
            return bad("limit is 1 to " + MOST_DIFFERENCES);
        }
        if (after != null && !ClientDirectory.isId(after)) {
            return bad("after is the client_id of the last one that you have seen");
        }
        return answer(records.differences(after, limit), found -> {
            boolean full = found.size() == limit;
            return new Resource.Body(new JsonObject()
                    .put(
                            "differences",
                            new JsonArray(found.stream().map(SyncView::json).toList()))
                    .put("next", full ? found.get(limit - 1).entry().clientId() : null));
        });
    }

    private static <T> Future<Resource.Answer> answer(Future<T> found, Function<T, Resource.Answer> body) {
        return found.timeout(LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                .transform(done -> Future.succeededFuture(
                        done.succeeded()
                                ? body.apply(done.result())
                                : new Resource.Problem(
                                        503, 65011, "Database error", "PostgreSQL does not answer", new JsonObject())));
    }

    private static @Nullable Integer limit(Map<String, String> parameters, int byDefault, int most) {
        String given = parameters.get("limit");
        if (given == null) {
            return byDefault;
        }
        return given.matches("[1-9][0-9]{0,5}") && Integer.parseInt(given) <= most ? Integer.valueOf(given) : null;
    }

    private static Future<Resource.Answer> bad(String detail) {
        return Future.succeededFuture(Resource.Problem.badRequest(detail));
    }
}
