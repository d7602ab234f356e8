package io.portcullis.accounts;

import io.portcullis.auth.Client;
import io.portcullis.bus.Deadline;
import io.portcullis.cache.Kept;
import io.vertx.core.Future;
import java.util.List;

/** Clients as look-ups find them, and what is kept for look-ups. */
public interface CachedClients extends Kept<Account> {

    /** Nothing is kept anywhere, and nobody owns a client. */
    CachedClients NONE = new CachedClients() {
        @Override
        public Future<List<Client>> ownedBy(String userId, Deadline deadline) {
            return Future.succeededFuture(List.of());
        }

        @Override
        public void notTold() {}

        @Override
        public Future<?> renew(Account account, Deadline deadline) {
            return Future.succeededFuture();
        }

        @Override
        public Future<?> drop(Account account, Deadline deadline) {
            return Future.succeededFuture();
        }
    };

    /** The clients of that user. Fails where nobody knows. */
    Future<List<Client>> ownedBy(String userId, Deadline deadline);

    /** A change was made that the cache could not be told of. */
    void notTold();
}
