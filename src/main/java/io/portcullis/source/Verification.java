package io.portcullis.source;

import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.SqlConnection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Holds clients as the source has them against those that are here, and makes these equal where that is allowed. */
public final class Verification {

    private Verification() {}

    /**
     * One client, held against what the source has.
     *
     * @param cid content id of the client as it is here; null where it is not here
     * @param differences by field: what is here and what is there, as people may see them; empty where the two agree
     * @param outcome of a repair: APPLIED where something was made equal, HELD where it may not be repaired, OUTDATED where the source has told
     *     something newer or they agreed all along; of a mere look OUTDATED if they agree and APPLIED or HELD for what a repair would do
     * @param newerAt when, by its clock, the source has told the newest that the item is behind; null where it is behind nothing
     */
    public record Finding(
            String clientId,
            @Nullable String cid,
            Map<String, Difference> differences,
            Outcome outcome,
            @Nullable Instant newerAt) {

        public Finding {
            differences = Collections.unmodifiableMap(new LinkedHashMap<>(differences));
        }

        public boolean agrees() {
            return differences.isEmpty();
        }
    }

    /** A value here and there, as JSON has it; a secret's hash is masked. */
    public record Difference(
            @Nullable Object here, @Nullable Object there) {}

    /**
     * Looks, and changes nothing. Waits for nobody.
     *
     * @param readAt when the items were asked for
     * @return a finding for each item, in their order; fails with what the driver says
     */
    public static Future<List<Finding>> look(SqlClient sql, List<SourceItem> items, Instant readAt) {
        return SourceStore.read(sql, ids(items)).map(states -> {
            List<Finding> findings = new ArrayList<>(items.size());
            for (SourceItem item : items) {
                String id = item.record().clientId();
                ClientState here = Objects.requireNonNullElseGet(states.get(id), () -> ClientState.unknown(id));
                Merge merge = new Merge(here);
                Merge.Taken taken = merge.present(item.stamp(readAt), item.record());
                findings.add(finding(here.known(), here, item, taken));
            }
            return findings;
        });
    }

    /**
     * Makes clients equal to what the source has, within the caller's transaction, with an audit row {@code sync.repaired} for each that it
     * changes. What it may not change is the caller's to report: who looks each day knows what was reported the day before.
     *
     * @param correlationId in the audit rows
     * @return a finding for each item, in their order, of the client as it is now: with what is still different; fails with what the driver
     *     says
     */
    public static Future<List<Finding>> repair(
            SqlConnection transaction, List<SourceItem> items, Instant readAt, String correlationId) {
        return SourceStore.lock(transaction, ids(items)).compose(states -> {
            Map<String, Merge> merges = new LinkedHashMap<>();
            JsonArray audit = new JsonArray();
            List<Finding> findings = new ArrayList<>(items.size());
            for (SourceItem item : items) {
                String id = item.record().clientId();
                Merge merge = merges.computeIfAbsent(id, first -> new Merge(Objects.requireNonNull(states.get(id))));
                Merge.Taken taken = merge.present(item.stamp(readAt), item.record());
                ClientState after = merge.after();
                Finding finding = finding(true, after, item, taken);
                findings.add(finding);
                if (!taken.changes().isEmpty()) {
                    audit.add(
                            AuditRow.of("sync.repaired", after, taken, finding.cid(), correlationId, new JsonObject()));
                }
            }
            return SourceStore.write(transaction, merges.values(), audit).map(findings);
        });
    }

    private static List<String> ids(List<SourceItem> items) {
        return items.stream().map(item -> item.record().clientId()).toList();
    }

    private static Finding finding(boolean here, ClientState now, SourceItem item, Merge.Taken taken) {
        Map<String, Difference> differences = new LinkedHashMap<>();
        item.record().values().forEach((field, value) -> {
            Object own = now.values().get(field);
            boolean moved = field == Field.SECRET_HASH && PepperedHash.areOfTwoPeppers((String) own, (String) value);
            if (!Objects.equals(own, value) && !moved) {
                differences.put(field.text(), new Difference(AuditRow.shown(field, own), AuditRow.shown(field, value)));
            }
        });
        if (!here) {
            differences.putIfAbsent("client_id", new Difference(null, now.clientId()));
        }
        Stamp newer = taken.ahead();
        return new Finding(
                now.clientId(),
                here ? ContentId.of(now.clientId(), now.values()) : null,
                differences,
                taken.outcome(),
                newer == null ? null : newer.occurredAt());
    }
}
