package io.portcullis;

import io.portcullis.accounts.ClientLimits;
import io.portcullis.bus.Deadline;
import io.portcullis.ratelimit.LimitInspection;
import io.vertx.core.Future;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** How the limits of clients stand, for who explains a decision. */
record LimitStands(LimitInspection limits) implements ClientLimits {

    @Override
    public Future<Stand> of(String clientId, @Nullable Integer rateLimit, Deadline deadline) {
        return limits.standing("client:" + clientId, rateLimit, deadline).map(LimitStands::told);
    }

    private static Stand told(List<LimitInspection.Stand> stands) {
        if (stands.isEmpty()) {
            return new Stand(false, "no limit is by client; those by address, key or tenant are not looked at");
        }
        boolean refuses = stands.stream()
                .anyMatch(stand -> stand.left() == 0
                        && stand.leases().isEmpty()
                        && !stand.policy().shadow()
                        && !stand.policy().named());
        return new Stand(
                refuses,
                stands.stream().map(LimitStands::text).collect(Collectors.joining("; "))
                        + "; limits by address, key or tenant are not looked at");
    }

    private static String text(LimitInspection.Stand stand) {
        return stand.policy().name() + ": " + stand.left() + " of "
                + stand.rule().quota() + " left"
                + (stand.waitMillis() > 0 ? ", the next in " + stand.waitMillis() + " ms" : "")
                + (stand.leases().isEmpty()
                        ? ""
                        : ", "
                                + stand.leases().stream()
                                        .mapToLong(LimitInspection.Leased::tokens)
                                        .sum()
                                + " more leased to nodes");
    }
}
