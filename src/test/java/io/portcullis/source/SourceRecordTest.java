package io.portcullis.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.portcullis.auth.ClientStatus;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What counts as a client's record, and what it says. */
class SourceRecordTest {

    private static final String CLIENT = "0B5F3A52-7f7d-4a52-9b39-2d2f0a1c9e11";

    @Test
    void onlyWhatIsThereIsSaid() throws SourceFault {
        SourceRecord record = record("\"bap_uri\":null,\"rate_limit\":0,\"status\":null,\"unheard_of\":[1]");

        assertThat(record.clientId()).isEqualTo("0b5f3a52-7f7d-4a52-9b39-2d2f0a1c9e11");
        assertThat(record.values()).containsOnlyKeys(Field.BAP_URI, Field.RATE_LIMIT);
        assertThat(record.values().get(Field.BAP_URI)).isNull();
        assertThat(record.values().get(Field.RATE_LIMIT)).isEqualTo(0);
    }

    @Test
    void theHashGoesByEitherName() throws SourceFault {
        assertThat(record("\"api_key_hash\":\"sha256:aa\"").values()).containsEntry(Field.SECRET_HASH, "sha256:aa");
        assertThat(record("\"client_secret_hash\":\"a\",\"api_key_hash\":\"a\"").values())
                .containsEntry(Field.SECRET_HASH, "a");
        assertThatThrownBy(() -> record("\"client_secret_hash\":\"a\",\"api_key_hash\":\"b\""))
                .isInstanceOf(SourceFault.class)
                .hasMessage("client_secret_hash and api_key_hash differ");
    }

    @Test
    void networksAreTheSameHoweverTheyAreWritten() throws SourceFault {
        assertThat(networks("10.1.2.3/8", "192.0.2.1", "2001:DB8:0::1/32", "10.0.0.0/8", "::ffff:192.0.2.0/120"))
                .containsExactly("10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32", "::ffff:c000:200/120");
        assertThat(networks("0.0.0.0/0", "::/0")).containsExactly("0.0.0.0/0", "::/0");
        assertThat(record("\"allowed_ips\":null").values().get(Field.ALLOWED_IPS))
                .isEqualTo(Networks.ANY);
        assertThat(record("\"allowed_ips\":[]").values().get(Field.ALLOWED_IPS)).isEqualTo(Networks.ANY);
    }

    @Test
    void metadataIsTheSameHoweverItIsWritten() throws SourceFault {
        Object one = record("\"metadata\":{\"b\":1.0,\"a\":{\"y\":\"\\u00e9\",\"x\":100}}")
                .values()
                .get(Field.METADATA);

        assertThat(one)
                .isEqualTo(record("\"metadata\":{ \"a\":{\"x\":1e2,\"y\":\"é\"}, \"b\":1 }")
                        .values()
                        .get(Field.METADATA))
                .isEqualTo(Metadata.ofRow("{\"a\": {\"x\": 100, \"y\": \"é\"}, \"b\": 1.0}"))
                .isNotEqualTo(Metadata.ofRow("{\"a\": {\"x\": 101, \"y\": \"é\"}, \"b\": 1.0}"))
                .isNotEqualTo(Metadata.ofRow("[1]"))
                .isNotEqualTo(Metadata.ofRow(null));
    }

    @Test
    void whatATypeSetsIsAllThatCountsOfItsPayload() throws SourceFault {
        SourceEvent event = new SourceEvent(
                "e", EventType.SUSPENDED, new Stamp(1, 0, "e"), record("\"status\":\"ACTIVE\",\"bap_id\":\"x\""));

        assertThat(event.record().values()).isEqualTo(Map.of(Field.STATUS, ClientStatus.SUSPENDED));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void whatCouldNotBeStoredOrServedIsRefusedWithItsReason(String members, String reason) {
        assertThatThrownBy(() -> record(members))
                .isInstanceOf(SourceFault.class)
                .hasMessageContaining(reason)
                .satisfies(fault -> assertThat(((SourceFault) fault).reason()).doesNotContain("secret-of"));
    }

    static Stream<Arguments> faults() {
        return Stream.of(
                arguments("\"client_id\":\"1-1-1-1-1\"", "client_id is not a UUID"),
                arguments("\"client_id\":7", "client_id is not a text"),
                arguments("\"client_id\":null", "client_id is not a UUID"),
                arguments("\"bap_id\":{}", "bap_id is not a text"),
                arguments("\"bap_uri\":\"https://x\\r\\nX-Client-Id: secret-of\"", "bap_uri is not safe in a header"),
                arguments("\"tenant_id\":\"" + "x".repeat(3000) + "\"", "tenant_id is not safe in a header"),
                arguments("\"client_secret_hash\":\"\"", "client_secret_hash is not 1 to 2048 visible characters"),
                arguments("\"client_secret_hash\":\"secret-of all\"", "client_secret_hash is not"),
                arguments("\"rate_limit\":-1", "rate_limit"),
                arguments("\"rate_limit\":2147483648", "rate_limit"),
                arguments("\"rate_limit\":1.5", "rate_limit"),
                arguments("\"rate_limit\":\"5\"", "rate_limit"),
                arguments("\"status\":\"active\"", "status is none of"),
                arguments("\"status\":1", "status is not a text"),
                arguments("\"allowed_ips\":\"10.0.0.0/8\"", "allowed_ips is not a list"),
                arguments("\"allowed_ips\":[\"10.0.0.0/33\"]", "not a network"),
                arguments("\"allowed_ips\":[\"10.0.0.0/08\"]", "not a network"),
                arguments("\"allowed_ips\":[\"fe80::1%eth0\"]", "not a network"),
                arguments("\"allowed_ips\":[null]", "not a text"),
                arguments("\"metadata\":[1]", "metadata is not an object"),
                arguments("\"metadata\":{\"a\":\"\\u0000\"}", "NUL"),
                arguments("\"metadata\":{\"\\ud800\":1}", "surrogate"),
                arguments("\"metadata\":{\"a\":1e999}", "beyond"),
                arguments("\"metadata\":{\"a\":\"" + "x".repeat(70_000) + "\"}", "metadata is longer"),
                arguments("\"metadata\":" + "{\"a\":".repeat(70) + "1" + "}".repeat(70), "nested deeper"));
    }

    private static List<String> networks(String... texts) throws SourceFault {
        Object value = record("\"allowed_ips\":" + new JsonArray(List.of(texts)).encode())
                .values()
                .get(Field.ALLOWED_IPS);
        return value instanceof Networks networks ? networks.texts() : List.of();
    }

    private static SourceRecord record(String members) throws SourceFault {
        String id = members.contains("\"client_id\"") ? "" : "\"client_id\":\"" + CLIENT + "\",";
        return SourceRecord.of(new JsonObject("{" + id + members + "}"));
    }
}
