package io.portcullis;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.accounts.Account;
import io.portcullis.accounts.CachedClients;
import io.portcullis.auth.Client;
import io.portcullis.bus.Deadline;
import io.portcullis.registry.AccountNames;
import io.portcullis.registry.OwnedClients;
import io.vertx.core.Future;
import java.util.List;

/** Clients as administrators find and change them, at the ladder of look-ups. */
final class LadderClients implements CachedClients {

    private final OwnedClients owned;
    private final boolean kept;
    private final Counter notTold;

    /** @param kept whether Redis keeps records at all */
    LadderClients(OwnedClients owned, boolean kept, MeterRegistry metrics) {
        this.owned = owned;
        this.kept = kept;
        this.notTold = Counter.builder("registry_writes_not_cached")
                .description("Clients registered or changed by administrators that Redis could not be told of")
                .register(metrics);
    }

    @Override
    public Future<List<Client>> ownedBy(String userId, Deadline deadline) {
        return owned.of(userId, deadline);
    }

    @Override
    public void notTold() {
        notTold.increment();
    }

    @Override
    public Future<?> renew(Account account, Deadline deadline) {
        return kept ? owned.renew(names(account), deadline) : Future.succeededFuture();
    }

    @Override
    public Future<?> drop(Account account, Deadline deadline) {
        return kept ? owned.drop(names(account), deadline) : Future.succeededFuture();
    }

    private static AccountNames names(Account account) {
        return new AccountNames(account.clientId(), account.ownerUserId());
    }
}
