package io.portcullis.accounts;

import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Pool;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The audit. Thread-safe; futures fail with an {@link AccountsException}. */
public final class Audits {

    private static final Pattern CURSOR = Pattern.compile("(-?[0-9]{1,18})-([0-9]{1,18})");

    private final Ledger ledger;
    private final TenantRule tenants = new TenantRule();

    public Audits(Pool pool) {
        this.ledger = new Ledger(pool);
    }

    /**
     * What is asked for; null for no condition.
     *
     * @param entity for example {@code client:5f0c…}
     * @param from ISO 8601; the first moment
     * @param to ISO 8601; the first moment that is too late
     */
    public record Filter(
            @Nullable String entity,
            @Nullable String actor,
            @Nullable String from,
            @Nullable String to) {}

    /** Whether that is a cursor as {@link #list} gives it. */
    public static boolean isCursor(String text) {
        return CURSOR.matcher(text).matches();
    }

    /** Entries, newest first: {@code {"entries": […], "next": …}}. */
    public Future<JsonObject> list(Asked asked, Filter filter, @Nullable String cursor, int limit) {
        String[] at = cursor == null ? null : split(cursor);
        return ledger.read(
                asked,
                entry -> entry.run(
                                AccountSql.AUDITS,
                                filter.entity(),
                                filter.actor(),
                                filter.from(),
                                filter.to(),
                                at == null ? null : Long.valueOf(at[0]),
                                at == null ? null : Long.valueOf(at[1]),
                                tenants.narrowed(asked.principal(), null),
                                limit + 1)
                        .map(rows -> {
                            JsonArray entries = new JsonArray();
                            String next = null;
                            for (var row : rows) {
                                if (entries.size() == limit) {
                                    break;
                                }
                                entries.add(Documents.audit(row));
                                next = row.getLong("micros") + "-" + row.getLong("id");
                            }
                            return new JsonObject()
                                    .put("entries", entries)
                                    .put("next", rows.size() > limit ? next : null);
                        }));
    }

    /** Writes that something was done which PostgreSQL has no other trace of; answers with the body. */
    public Future<Answered> note(Asked asked, String action, String entity, JsonObject body) {
        return ledger.change(
                asked,
                entry -> entry.audit(action, entity, null, null, new JsonObject())
                        .map(then -> Reply.Done.of(body)));
    }

    private static String[] split(String cursor) {
        var matcher = CURSOR.matcher(cursor);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a cursor");
        }
        return new String[] {matcher.group(1), matcher.group(2)};
    }
}
