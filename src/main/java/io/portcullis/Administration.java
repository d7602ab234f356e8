package io.portcullis;

import io.portcullis.accounts.Audits;
import io.portcullis.accounts.ClientKeys;
import io.portcullis.accounts.Clients;
import io.portcullis.accounts.Imports;
import io.portcullis.accounts.Owners;
import io.portcullis.accounts.Tokens;
import io.portcullis.auth.Pepper;
import io.portcullis.config.Secret;
import io.portcullis.management.Access;
import io.portcullis.management.AccountOperations;
import io.portcullis.management.Operations;
import io.vertx.sqlclient.Pool;

/** Wires what administrators do: accounts on one side, the management port on the other. */
final class Administration {

    private final Access access;
    private final Operations operations = new Operations();

    /**
     * @param pool for transactions
     * @param pepper that new keys stand under
     * @param token of the configuration
     */
    Administration(Pool pool, Pepper pepper, Secret token, Owners owners) {
        Tokens tokens = new Tokens(pool);
        this.access = new Access(token.reveal(), tokens);
        new AccountOperations(
                        new Clients(pool, pepper, owners),
                        new ClientKeys(pool, pepper),
                        new Imports(pool, pepper, owners),
                        tokens,
                        new Audits(pool))
                .addTo(operations);
    }

    Access access() {
        return access;
    }

    Operations operations() {
        return operations;
    }
}
