package io.portcullis.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The vectors of the README, for who computes a content id elsewhere; they were checked with {@code sha256sum}. */
class ContentIdTest {

    private static final String PLAIN = """
            {"client_id":"00000000-0000-4000-8000-000000000001","client_code":"acme","client_secret_hash":"sha256:00ff",
             "tenant_id":"shop","owner_user_id":"u1","bap_id":"bap.example","bap_uri":"https://bap.example/","rate_limit":100,
             "allowed_ips":["192.0.2.7/24","10.0.0.0/8","10.0.0.0/8","2001:DB8:0:0::1/64"],"status":"ACTIVE",
             "metadata":{"tier":"gold","limits":[1,2.50,1e3,-0,1E-7]}}
            """;

    private static final String EMPTY = """
            {"client_id":"00000000-0000-4000-8000-00000000000A"}
            """;

    private static final String UNICODE = """
            {"client_id":"00000000-0000-4000-8000-000000000003","client_code":"backer","status":"SUSPENDED","allowed_ips":[],
             "rate_limit":null,"metadata":{"\\ufb33":1,"\\u20ac":"Euro","name":"Bäckerei \\"Süß\\"","\\ud83d\\ude00":true,"\\n":null}}
            """;

    @Test
    void networksAreNormalisedAndNumbersAreWrittenInOneWay() throws Exception {
        assertThat(canonical(PLAIN))
                .isEqualTo(
                        "{\"allowed_ips\":[\"10.0.0.0/8\",\"192.0.2.0/24\",\"2001:db8::/64\"],\"bap_id\":\"bap.example\","
                                + "\"bap_uri\":\"https://bap.example/\",\"client_code\":\"acme\","
                                + "\"client_id\":\"00000000-0000-4000-8000-000000000001\",\"client_secret_hash\":\"sha256:00ff\","
                                + "\"metadata\":{\"limits\":[1,2.5,1000,0,1e-7],\"tier\":\"gold\"},\"owner_user_id\":\"u1\","
                                + "\"rate_limit\":100,\"status\":\"ACTIVE\",\"tenant_id\":\"shop\"}");
        assertThat(cid(PLAIN)).isEqualTo("v1:345690bf4a501c4c3e289f15251d3b770c7b6baf0f073370208f4093876f0d51");
    }

    @Test
    void whatIsNotSaidIsThereAsNullAndTheStatusOfOneWhoIsNewIsPending() throws Exception {
        assertThat(canonical(EMPTY))
                .isEqualTo("{\"allowed_ips\":[],\"bap_id\":null,\"bap_uri\":null,\"client_code\":null,"
                        + "\"client_id\":\"00000000-0000-4000-8000-00000000000a\",\"client_secret_hash\":null,\"metadata\":null,"
                        + "\"owner_user_id\":null,\"rate_limit\":null,\"status\":\"PENDING\",\"tenant_id\":null}");
        assertThat(cid(EMPTY)).isEqualTo("v1:0c3ebde03479915d4703b7adf2335a79a83b8b0386f5cc878eb88f2aa52e9082");
    }

    @Test
    void textIsUtf8AndMembersAreSortedByUtf16() throws Exception {
        assertThat(canonical(UNICODE))
                .isEqualTo("{\"allowed_ips\":[],\"bap_id\":null,\"bap_uri\":null,\"client_code\":\"backer\","
                        + "\"client_id\":\"00000000-0000-4000-8000-000000000003\",\"client_secret_hash\":null,"
                        + "\"metadata\":{\"\\n\":null,\"name\":\"Bäckerei \\\"Süß\\\"\",\"€\":\"Euro\",\"\ud83d\ude00\":true,\"\ufb33\":1},"
                        + "\"owner_user_id\":null,\"rate_limit\":null,\"status\":\"SUSPENDED\",\"tenant_id\":null}");
        assertThat(cid(UNICODE)).isEqualTo("v1:720676d4a3b43509f09b405ccfc33c6d13e6dccf8a27cbad62ad367d2fa61e6a");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"rate_limit\":100|\"rate_limit\":101",
                "\"tier\":\"gold\"|\"tier\":\"silver\"",
                "10.0.0.0/8|10.0.0.0/9",
                "ACTIVE|SUSPENDED",
                "\"owner_user_id\":\"u1\"|\"owner_user_id\":null",
                "00ff|00fe"
            })
    void anythingElseIsAnotherId(String one, String other) throws Exception {
        assertThat(cid(PLAIN.replace(one, other))).isNotEqualTo(cid(PLAIN));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "2.50|2.5",
                "1e3|1000.0",
                "192.0.2.7/24|192.0.2.0/24",
                "\"tier\":\"gold\",\"limits\":[1,2.50,1e3,-0,1E-7]|\"limits\":[1,2.50,1e3,-0,1E-7],\"tier\":\"gold\""
            })
    void howItIsWrittenMakesNoDifference(String one, String other) throws Exception {
        assertThat(cid(PLAIN.replace(one, other))).isEqualTo(cid(PLAIN));
    }

    private static String canonical(String json) throws SourceFault {
        SourceRecord record = SourceRecord.of(new JsonObject(json));
        return ContentId.canonical(record.clientId(), whole(record));
    }

    private static String cid(String json) throws SourceFault {
        SourceRecord record = SourceRecord.of(new JsonObject(json));
        return ContentId.of(record.clientId(), whole(record));
    }

    /** Of a client that nobody knew before. */
    private static Map<Field, @Nullable Object> whole(SourceRecord record) {
        Map<Field, @Nullable Object> values = new EnumMap<>(Field.class);
        values.putAll(ClientState.unknown(record.clientId()).values());
        values.putAll(record.values());
        return values;
    }
}
