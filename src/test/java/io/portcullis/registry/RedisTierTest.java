package io.portcullis.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.auth.KeyDigest;
import io.portcullis.freshness.Change;
import io.portcullis.freshness.Changes;
import java.util.List;
import org.junit.jupiter.api.Test;

class RedisTierTest {

    private static final KeyDigest OLD = new KeyDigest(1, 2, 3, 4);
    private static final KeyDigest NEW = new KeyDigest(5, 6, 7, 8);

    /** Whoever has registered a client has just put it there, for all nodes: none of them may take it away again. */
    @Test
    void aNewClientsRecordIsLeftInRedisAndAChangedOnesIsNot() {
        Changes changes = new Changes(List.of(
                new Change(Change.Kind.CLIENT, "new", 1, "I", null, null),
                new Change(Change.Kind.CLIENT, "changed", 2, "U", null, null),
                new Change(Change.Kind.CLIENT, "gone", 3, "D", null, null),
                new Change(Change.Kind.KEY, "k", 4, "U", OLD, NEW),
                new Change(Change.Kind.KEY, "same", 5, "U", NEW, NEW)));

        assertThat(RedisTier.outdated(changes, any -> true))
                .containsExactly(
                        "client:changed",
                        "client:gone",
                        "client:key:" + OLD.hex(),
                        "client:key:" + NEW.hex(),
                        "client:key:" + NEW.hex());
        assertThat(RedisTier.outdated(changes, query -> query instanceof Query.ByClientId))
                .containsExactly("client:changed", "client:gone");
    }
}
