package io.portcullis;

import io.portcullis.accounts.Answered;
import io.portcullis.accounts.Audits;
import io.portcullis.accounts.Refusal;
import io.portcullis.accounts.Reply;
import io.portcullis.bus.Deadline;
import io.portcullis.management.Call;
import io.portcullis.management.Operations;
import io.portcullis.ratelimit.LimitInspection;
import io.portcullis.registry.ClientDirectory;
import io.portcullis.registry.LadderClient;
import io.portcullis.registry.Query;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How limits stand, for administrators, and to reset them. */
final class LimitOperations {

    private static final Logger log = LoggerFactory.getLogger(LimitOperations.class);
    private static final Duration LIMIT = Duration.ofSeconds(2);
    private static final String CLIENT = "client:";

    private final LimitInspection limits;
    private final LadderClient ladder;
    private final Audits audits;

    LimitOperations(LimitInspection limits, LadderClient ladder, Audits audits) {
        this.limits = limits;
        this.ladder = ladder;
        this.audits = audits;
    }

    void addTo(Operations operations) {
        operations.on("showLimits", this::show).on("resetLimits", this::reset);
    }

    private Future<Answered> show(Call call) {
        String subject = subject(call);
        Deadline deadline = Deadline.in(LIMIT);
        return rateLimit(subject, deadline)
                .compose(own -> limits.standing(subject, own, deadline))
                .map(stands -> new Answered(Reply.Done.of(json(subject, stands)), null, false))
                .otherwise(LimitOperations::away);
    }

    private Future<Answered> reset(Call call) {
        String subject = subject(call);
        return limits.reset(subject, Deadline.in(LIMIT))
                .map(count -> new JsonObject().put("subject", subject).put("limits", count))
                .transform(done -> done.succeeded()
                        ? audits.note(call.asked(), "limits.reset", "limits:" + subject, done.result())
                        : Future.succeededFuture(away(done.cause())));
    }

    /** Ids in lower case, as the registry has them. */
    private static String subject(Call call) {
        String given = call.need("subject");
        return given.startsWith(CLIENT) || given.startsWith("key:") ? given.toLowerCase(Locale.ROOT) : given;
    }

    /** Of the client that is asked for; null where none is, and where it has none. */
    private Future<@Nullable Integer> rateLimit(String subject, Deadline deadline) {
        String id = subject.startsWith(CLIENT) ? subject.substring(CLIENT.length()) : "";
        return ClientDirectory.isId(id)
                ? ladder.find(new Query.ByClientId(id), deadline)
                        .map(found -> found.clientValue() == null
                                ? null
                                : found.clientValue().rateLimit())
                : Future.succeededFuture();
    }

    private static Answered away(Throwable failure) {
        log.warn("event=limits.unknown reason=\"{}\"", failure.getMessage());
        return new Answered(
                Reply.refused(new Refusal(Refusal.Reason.REDIS_AWAY, "Redis does not answer, or is new")), null, false);
    }

    private static JsonObject json(String subject, List<LimitInspection.Stand> stands) {
        JsonArray shown = new JsonArray();
        for (LimitInspection.Stand stand : stands) {
            JsonArray leases = new JsonArray();
            stand.leases()
                    .forEach(lease -> leases.add(new JsonObject()
                            .put("node", lease.node())
                            .put("tokens", lease.tokens())
                            .put("ends_in_ms", lease.endsInMillis())));
            shown.add(new JsonObject()
                    .put("policy", stand.policy().name())
                    .put("mode", stand.policy().mode().toString())
                    .put("shadow", stand.policy().shadow())
                    .put("quota", stand.rule().quota())
                    .put("window_ms", stand.rule().windowMillis())
                    .put("left", stand.left())
                    .put("next_in_ms", stand.waitMillis())
                    .put("full_in_ms", stand.fullMillis())
                    .put("leases", leases));
        }
        return new JsonObject().put("subject", subject).put("limits", shown);
    }
}
