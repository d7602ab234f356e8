package io.portcullis.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QueryCredentialsTest {

    private final String key = ApiKey.generate("live", new SecureRandom());

    @Test
    void aKeyIsFoundWhereverItStands() {
        for (String query : new String[] {
            key,
            "q=" + key,
            "a=1&q=" + key + "&b=2",
            "a;q=" + key,
            "q=Bearer+" + key,
            "q=x" + key + "x",
            "q=pk_pk_" + key,
            "q=%70%6b%5F" + key.substring(3),
            key + "=1",
            "redirect=https%3A%2F%2Fx%2F%3Fk%3D" + key
        }) {
            assertThat(QueryCredentials.in(query)).as(query).isTrue();
        }
    }

    @Test
    void whatOnlyBeginsLikeAKeyIsNone() {
        assertThat(QueryCredentials.in("q=" + key.substring(0, key.length() - 1)))
                .isFalse();
        assertThat(QueryCredentials.in("q=pk_live_51HxampleOfAnotherSystemsPublicKey00000000"))
                .isFalse();
        assertThat(QueryCredentials.in("q=pk_")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "api_key=1",
                "apikey=1",
                "API_KEY=1",
                "ApiKey=1",
                "x-api-key=1",
                "X-API-Key=1",
                "a=b;api_key=1",
                "api%5Fkey=%3D",
                "api_key==",
            })
    void aParameterThatIsMeantForACredentialIsOne(String query) {
        assertThat(QueryCredentials.in(query)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "=",
                "&&",
                "api_key",
                "api_key=",
                "api_key=&x=1",
                "my_api_key=1",
                "key=1",
                "token=1",
                "access_token=ey.x.y",
                "client_secret=1",
                "page=2&sort=api_key",
                "%",
                "%4",
                "%zz=1",
                "a=%",
                "api_key&=1"
            })
    void anythingElseIsNone(String query) {
        assertThat(QueryCredentials.in(query)).isFalse();
    }

    @Test
    void workGrowsWithTheLengthAlone() {
        // Quadratic, this would take minutes.
        assertThat(QueryCredentials.in("pk_live_".repeat(100_000))).isFalse();
        assertThat(QueryCredentials.in("&".repeat(1_000_000))).isFalse();
        assertThat(QueryCredentials.in("a".repeat(1_000_000))).isFalse();
        assertThat(QueryCredentials.in("a&".repeat(500_000) + "=")).isFalse();
    }
}
