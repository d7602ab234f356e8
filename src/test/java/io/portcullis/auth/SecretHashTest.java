package io.portcullis.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretHashTest {

    private final Pepper pepper = new Pepper("a pepper that is long enough for this");

    @Test
    void whatWasHashedMatchesAndNothingElse() {
        String hash = SecretHash.of("s3cret", pepper);

        assertThat(hash).startsWith("hmac-sha256:" + pepper.id() + ":").doesNotContain("s3cret");
        assertThat(SecretHash.matches("s3cret", hash, Peppers.only(pepper))).isTrue();
        assertThat(SecretHash.matches("s3creT", hash, Peppers.only(pepper))).isFalse();
    }

    @Test
    void plainSha256FromElsewhereMatches() {
        // printf s3cret | sha256sum
        String hash = "sha256:1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0";

        assertThat(SecretHash.sha256Of("s3cret")).isEqualTo(hash);
        assertThat(SecretHash.matches("s3cret", hash, Peppers.only(pepper))).isTrue();
        assertThat(SecretHash.matches("other", hash, Peppers.only(pepper))).isFalse();
    }

    @Test
    void aHashUnderAnotherPepperDoesNotMatch() {
        String hash = SecretHash.of("s3cret", new Pepper("another pepper, no less long than the first"));

        assertThat(SecretHash.matches("s3cret", hash, Peppers.only(pepper))).isFalse();
    }

    @Test
    void aHashUnderAnyKnownPepperMatches() {
        Pepper former = new Pepper("the pepper of last year, long enough");
        Pepper next = new Pepper("the pepper of next year, long enough");
        Peppers peppers = new Peppers(pepper, List.of(former), next);

        for (Pepper known : List.of(pepper, former, next)) {
            assertThat(SecretHash.matches("s3cret", SecretHash.of("s3cret", known), peppers))
                    .isTrue();
            assertThat(SecretHash.matches("other", SecretHash.of("s3cret", known), peppers))
                    .isFalse();
        }
        assertThat(SecretHash.isUnderFormer(SecretHash.of("s3cret", former), peppers))
                .isTrue();
        assertThat(SecretHash.isUnderFormer(SecretHash.of("s3cret", pepper), peppers))
                .isFalse();
        assertThat(SecretHash.isUnderFormer(SecretHash.of("s3cret", next), peppers))
                .isFalse();
        assertThat(SecretHash.isUnderFormer("sha256:00", peppers)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "sha256:",
                "sha256:xyz",
                "sha256:00",
                "md5:0000",
                "$2y$10$abcdefghijklmnopqrstuv",
                "hmac-sha256::"
            })
    void aHashThatCannotBeReadMatchesNothing(String hash) {
        assertThat(SecretHash.matches("", hash, Peppers.only(pepper))).isFalse();
        assertThat(SecretHash.matches("s3cret", hash, Peppers.only(pepper))).isFalse();
    }

    @Test
    void noHashMatchesNothing() {
        assertThat(SecretHash.matches("s3cret", null, Peppers.only(pepper))).isFalse();
    }
}
