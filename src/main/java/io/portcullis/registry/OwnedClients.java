package io.portcullis.registry;

import io.portcullis.auth.Client;
import io.portcullis.bus.Deadline;
import io.portcullis.cache.Kept;
import io.vertx.core.Future;
import io.vertx.core.eventbus.EventBus;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Clients by their owners, through the ladder; and what the shared cache keeps of clients, as their writers see it. Futures complete by the
 * deadline and fail where no cache verticle answers, or where nobody knows. Thread-safe.
 */
public final class OwnedClients implements Kept<AccountNames> {

    /** Clients of one owner that are told of. */
    public static final int MOST = 1000;

    private final EventBus bus;
    private final LadderClient ladder;

    /** @param shards how many cache verticles this process runs */
    public OwnedClients(EventBus bus, int shards) {
        this.bus = bus;
        this.ladder = new LadderClient(bus, shards);
    }

    /** The clients of that user, in the order of their ids, {@link #MOST} at most. */
    public Future<List<Client>> of(String userId, Deadline deadline) {
        return RegistryCalls.FIND_OWNED.ask(bus, userId, deadline).compose(owned -> {
            List<Future<@Nullable Client>> each = owned.clientIds().stream()
                    .map(id -> ladder.find(new Query.ByClientId(id), deadline).map(Found::clientValue))
                    .toList();
            return Future.all(each)
                    .map(all -> each.stream()
                            .map(Future::result)
                            .filter(Objects::nonNull)
                            // The record may be newer than the list. One that cannot be served does not say whose it
                            // is.
                            .filter(client -> client.fault() != null || userId.equals(client.ownerUserId()))
                            .toList());
        });
    }

    @Override
    public Future<?> renew(AccountNames names, Deadline deadline) {
        return RegistryCalls.RENEW.ask(bus, names, deadline);
    }

    @Override
    public Future<?> drop(AccountNames names, Deadline deadline) {
        return RegistryCalls.DROP.ask(bus, names, deadline);
    }
}
