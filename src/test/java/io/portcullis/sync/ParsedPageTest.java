package io.portcullis.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParsedPageTest {

    @Test
    void eachClientIsThereOnceByItsNewestItem() {
        JsonObject old = FakeSource.client(1);
        JsonObject later = FakeSource.client(1).put("updated_at", "2026-02-01T00:00:00Z");
        JsonObject newest = FakeSource.client(1).put("version", 4).put("updated_at", "2025-01-01T00:00:00Z");
        ParsedPage page = ParsedPage.of(List.of(FakeSource.client(2), later, newest, old));
        assertThat(page.items())
                .extracting(item -> item.record().clientId())
                .containsExactly(FakeSource.id(1), FakeSource.id(2));
        assertThat(page.items().get(0).version()).isEqualTo(4);
        assertThat(page.size()).isEqualTo(2);
    }

    @Test
    void aFaultIsOfItsClientUnlessAnotherItemOfItIsSound() {
        JsonObject faulty = FakeSource.client(1).put("status", "ASLEEP");
        ParsedPage page =
                ParsedPage.of(List.of(faulty, FakeSource.client(2).put("rate_limit", "many"), FakeSource.client(2)));
        assertThat(page.faults()).containsOnlyKeys(FakeSource.id(1));
        assertThat(page.size()).isEqualTo(2);
        assertThat(page.faulty()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "1-2-3-4-5", "not a uuid but 36 characters in length", "00000000-0000-4000-8000-00000000000g"
            })
    void whatHasNoIdIsCountedByItsReason(String id) {
        ParsedPage page = ParsedPage.of(List.of(new JsonObject().put("client_id", id), new JsonObject()));
        assertThat(page.nameless()).hasSize(1).containsValue(2);
        assertThat(page.items()).isEmpty();
    }

    @Test
    void cursorsThatGoRoundAreSeenAndOthersAreNot() {
        for (int length : new int[] {1, 2, 3, 7, 100}) {
            CursorWatch watch = new CursorWatch();
            int seen = IntStream.range(0, 1000)
                    .filter(n -> watch.goesRound("c" + n % length))
                    .findFirst()
                    .orElse(-1);
            assertThat(seen).as("circle of %d", length).isBetween(1, 3 * length);
        }
        CursorWatch watch = new CursorWatch();
        assertThat(IntStream.range(0, 10_000).anyMatch(n -> watch.goesRound("c" + n)))
                .isFalse();
    }
}
