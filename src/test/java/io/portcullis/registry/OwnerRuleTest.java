package io.portcullis.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.auth.AddressRules;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientStatus;
import io.portcullis.auth.Decision;
import io.portcullis.auth.Refusal;
import io.portcullis.bus.Deadline;
import io.portcullis.registry.OwnerCheck.Standing;
import io.vertx.core.Future;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OwnerRuleTest {

    private static final Deadline LATER = Deadline.in(Duration.ofMinutes(1));

    private @Nullable Standing known;
    private Future<Standing> found = Future.failedFuture("not to be asked");
    private final OwnerRule rule = new OwnerRule(new OwnerCheck() {
        @Override
        public @Nullable Standing known(Client client) {
            return known;
        }

        @Override
        public Future<Standing> find(Client client, Deadline deadline) {
            return found;
        }
    });

    @Test
    void whatIsKnownDecidesAtOnce() {
        Decision allowed = allowed("u1", false);

        known = Standing.ACTIVE;
        assertThat(rule.now(allowed)).isSameAs(allowed);
        known = Standing.ACTIVE_ONCE;
        assertThat(rule.now(allowed))
                .isInstanceOfSatisfying(
                        Decision.Allowed.class, now -> assertThat(now.stale()).isTrue());
        known = Standing.NOT_ACTIVE;
        assertThat(rule.now(allowed)).isEqualTo(new Decision.Denied(Refusal.OWNER_NOT_ACTIVE));
        known = null;
        assertThat(rule.now(allowed)).isNull();
    }

    @Test
    void whatIsNotKnownIsAskedFor() {
        Decision allowed = allowed("u1", true);

        found = Future.succeededFuture(Standing.ACTIVE);
        assertThat(rule.later(allowed, LATER).result()).isSameAs(allowed);
        found = Future.succeededFuture(Standing.NOT_ACTIVE);
        assertThat(rule.later(allowed, LATER).result()).isEqualTo(new Decision.Denied(Refusal.OWNER_NOT_ACTIVE));
        found = Future.failedFuture(RegistryException.ownerUnknown("down"));
        assertThat(rule.later(allowed, LATER).cause()).isInstanceOf(RegistryException.OwnerUnknown.class);
    }

    @Test
    void nobodyIsAskedForWhoHasNoOwnerOrIsRefusedAlready() {
        known = Standing.NOT_ACTIVE;
        Decision refused = new Decision.Denied(Refusal.INVALID_CREDENTIALS);
        Decision free = allowed(null, false);

        assertThat(rule.now(null)).isNull();
        assertThat(rule.now(refused)).isSameAs(refused);
        assertThat(rule.now(free)).isSameAs(free);
        assertThat(rule.later(refused, LATER).result()).isSameAs(refused);
        assertThat(rule.later(free, LATER).result()).isSameAs(free);
    }

    private static Decision allowed(@Nullable String owner, boolean stale) {
        Client client = new Client(
                "c1",
                null,
                null,
                owner,
                null,
                null,
                null,
                AddressRules.ANY,
                null,
                ClientStatus.ACTIVE,
                null,
                null,
                1,
                null);
        return new Decision.Allowed(client, null, stale);
    }
}
