package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.registry.ClientDetails;
import io.portcullis.registry.ClientEntry;
import io.portcullis.registry.ClientPage;
import io.portcullis.registry.KeyEntry;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ClientViewTest {

    private static final String ID = "7b0f6c4e-0000-4000-8000-000000000001";

    private static ClientEntry client(@Nullable String code, @Nullable String fault) {
        return new ClientEntry(
                ID,
                code,
                "shop",
                null,
                "bap.example",
                null,
                List.of("10.0.0.0/8", "2001:db8::/32"),
                100,
                "ACTIVE",
                List.of("read"),
                0,
                true,
                "2026-01-02T03:04:05Z",
                "2026-01-02T03:04:06Z",
                null,
                42,
                fault);
    }

    private static final KeyEntry KEY = new KeyEntry(
            "7b0f6c4e-0000-4000-8000-00000000000a",
            "pk_live_Ab3",
            "laptop",
            "ACTIVE",
            List.of(),
            null,
            "infinity",
            "2026-01-02T03:04:05Z",
            "2026-02-03T04:05:06Z",
            7);

    @Test
    void aClientIsShownToPeople() {
        ClientDetails details = new ClientDetails(client("acme", null), List.of(KEY), false);

        assertThat(ClientView.text(details).lines().map(String::stripTrailing)).containsExactly("""
                Client id   7b0f6c4e-0000-4000-8000-000000000001
                Code        acme
                Status      ACTIVE
                Tenant      shop
                Owner       -
                BAP id      bap.example
                BAP URI     -
                Allowed     10.0.0.0/8, 2001:db8::/32
                Rate limit  100
                Grace       0 s
                Scopes      read
                Secret      yes
                Created     2026-01-02T03:04:05Z
                Updated     2026-01-02T03:04:06Z
                Synced      -
                Version     42

                KEY ID                                PREFIX       NAME    STATUS  SCOPES  NOT BEFORE  EXPIRES   LAST USED             USES
                7b0f6c4e-0000-4000-8000-00000000000a  pk_live_Ab3  laptop  ACTIVE  -       -           infinity  2026-02-03T04:05:06Z  7
                """.split("\n"));
    }

    @Test
    void whyARowIsRefusedIsShown() {
        ClientDetails details = new ClientDetails(client("acme", "status is not a known one"), List.of(), false);

        assertThat(ClientView.text(details))
                .contains("Refused     status is not a known one")
                .endsWith("No keys.");
    }

    @Test
    void aClientIsShownToPrograms() {
        ClientDetails details = new ClientDetails(client("acme", null), List.of(KEY), true);

        assertThat(ClientView.json(details).encode())
                .isEqualTo("{\"client_id\":\"" + ID + "\",\"client_code\":\"acme\",\"status\":\"ACTIVE\","
                        + "\"tenant_id\":\"shop\",\"owner_user_id\":null,\"bap_id\":\"bap.example\",\"bap_uri\":null,"
                        + "\"allowed_ips\":[\"10.0.0.0/8\",\"2001:db8::/32\"],\"rate_limit\":100,\"grace_seconds\":0,"
                        + "\"scopes\":[\"read\"],\"has_secret\":true,\"created_at\":\"2026-01-02T03:04:05Z\","
                        + "\"updated_at\":\"2026-01-02T03:04:06Z\",\"last_synced_at\":null,\"version\":42,"
                        + "\"fault\":null,\"keys\":[{\"key_id\":\"7b0f6c4e-0000-4000-8000-00000000000a\","
                        + "\"prefix\":\"pk_live_Ab3\",\"name\":\"laptop\",\"status\":\"ACTIVE\",\"scopes\":[],"
                        + "\"not_before\":null,\"expires_at\":\"infinity\",\"created_at\":\"2026-01-02T03:04:05Z\","
                        + "\"last_used_at\":\"2026-02-03T04:05:06Z\",\"use_count\":7}],"
                        + "\"more_keys\":true}");
    }

    @Test
    void aListIsATable() {
        ClientPage page = new ClientPage(List.of(client(null, null)), false);

        assertThat(ClientView.text(page).lines())
                .containsExactly(
                        "CLIENT ID                             CODE  STATUS  TENANT  CREATED",
                        ID + "  -     ACTIVE  shop    2026-01-02T03:04:05Z");
        assertThat(ClientView.json(page)).hasSize(1);
    }
}
