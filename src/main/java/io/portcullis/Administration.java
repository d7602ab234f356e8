package io.portcullis;

import io.portcullis.accounts.Audits;
import io.portcullis.accounts.CachedClients;
import io.portcullis.accounts.ClientKeys;
import io.portcullis.accounts.Clients;
import io.portcullis.accounts.Explanations;
import io.portcullis.accounts.Imports;
import io.portcullis.accounts.Owners;
import io.portcullis.accounts.Tokens;
import io.portcullis.auth.ClientAddress;
import io.portcullis.auth.Credentials;
import io.portcullis.auth.Pepper;
import io.portcullis.auth.TrustedProxies;
import io.portcullis.config.GatewayConfig;
import io.portcullis.config.OwnerChecking;
import io.portcullis.management.Access;
import io.portcullis.management.AccountOperations;
import io.portcullis.management.Operations;
import io.portcullis.ratelimit.LimitInspection;
import io.portcullis.registry.LadderClient;
import io.vertx.sqlclient.Pool;

/** Wires what administrators do: accounts on one side, the management port on the other. */
final class Administration {

    private final Access access;
    private final Operations operations = new Operations();

    /**
     * @param pool for transactions
     */
    Administration(
            Pool pool,
            GatewayConfig config,
            Reach reach,
            Owners owners,
            CachedClients cached,
            LimitInspection limits,
            LadderClient ladder) {
        Pepper pepper = reach.peppers().current();
        Tokens tokens = new Tokens(pool);
        Audits audits = new Audits(pool);
        this.access = new Access(reach.token().reveal(), tokens);
        new AccountOperations(
                        new Clients(pool, pepper, owners, cached),
                        new ClientKeys(pool, pepper),
                        new Imports(pool, pepper, owners),
                        tokens,
                        audits,
                        new Explanations(
                                pool,
                                new Explanations.Rules(
                                        reach.peppers(),
                                        new Credentials(config.auth().schemes()),
                                        new ClientAddress(
                                                TrustedProxies.of(config.auth().trustedProxies()),
                                                config.auth().forwardedHeader()),
                                        config.auth().ownerCheck() == OwnerChecking.OFF ? null : owners,
                                        new LimitStands(limits))))
                .addTo(operations);
        new LimitOperations(limits, ladder, audits).addTo(operations);
    }

    Access access() {
        return access;
    }

    Operations operations() {
        return operations;
    }
}
