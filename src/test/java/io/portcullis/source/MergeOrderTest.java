package io.portcullis.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.source.EventOracle.Told;
import io.vertx.core.json.JsonArray;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Whatever the order, and however often: the end is the oracle's. By the merge alone; the ids that it would be spared by are not used. */
class MergeOrderTest {

    private static final String CLIENT = "0b5f3a52-7f7d-4a52-9b39-2d2f0a1c9e11";
    private static final int SEEDS = 1_000;
    private static final int EVENTS = 6;

    @Test
    void inEachOfTheOrdersOfSixEventsTheStateIsTheOracles() {
        List<int[]> orders = EventOracle.orders(EVENTS);
        assertThat(orders).hasSize(720);
        int lowered = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            List<Told> events = EventOracle.events(CLIENT, EVENTS, seed % 3, random);
            List<SourceEvent> read = events.stream().map(EventOracle::read).toList();
            Map<String, Object> expected = EventOracle.outcome(events);
            boolean mustNotBeActive = events.stream()
                    .anyMatch(event -> event.type().equals("client.suspended")
                            || event.type().equals("client.revoked")
                            || "SUSPENDED".equals(event.payload().getString("status")));
            lowered += mustNotBeActive ? 1 : 0;
            for (int[] order : orders) {
                Merge merge = new Merge(ClientState.unknown(CLIENT));
                List<Integer> delivered = EventOracle.delivered(order, random);
                for (int event : delivered) {
                    merge.event(read.get(event).stamp(), read.get(event).record());
                }
                Map<String, Object> actual = plain(merge.after());
                if (!actual.equals(expected)) {
                    assertThat(actual)
                            .as("seed %d, delivered %s of %s", seed, delivered, events)
                            .isEqualTo(expected);
                }
                if (mustNotBeActive && "ACTIVE".equals(actual.get("status"))) {
                    throw new AssertionError("seed " + seed + " raised a client that was lowered");
                }
            }
        }
        assertThat(lowered).as("seeds in which a client is lowered").isBetween(SEEDS / 10, SEEDS * 9 / 10);
    }

    @Test
    void itDoesNotMatterWhereWhatIsKnownIsWrittenDownInBetween() {
        for (int seed = 0; seed < 200; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            List<Told> events = EventOracle.events(CLIENT, EVENTS, seed % 3, random);
            ClientState state = ClientState.unknown(CLIENT);
            for (Told event : events) {
                Merge merge = new Merge(state);
                SourceEvent read = EventOracle.read(event);
                merge.event(read.stamp(), read.record());
                ClientState.Said said = merge.after().said();
                JsonArray stamps = new JsonArray(
                        StampsText.write(said.stamps(), said.lowered()).encode());
                state = new ClientState(
                        CLIENT,
                        true,
                        merge.after().values(),
                        new ClientState.Said(
                                said.status(),
                                said.secretHash(),
                                StampsText.fields(stamps),
                                StampsText.lowered(stamps)));
                assertThat(state.said()).isEqualTo(said);
            }
            assertThat(plain(state)).as("seed %d", seed).isEqualTo(EventOracle.outcome(events));
        }
    }

    /** As the oracle has it. */
    static Map<String, Object> plain(ClientState client) {
        Map<String, Object> plain = new TreeMap<>();
        client.values().forEach((field, value) -> {
            String name = field.name().toLowerCase(Locale.ROOT);
            if (field == Field.SECRET_HASH) {
                name = "client_secret_hash";
            }
            if (value instanceof Networks networks) {
                if (!networks.texts().isEmpty()) {
                    plain.put(name, networks.texts());
                }
            } else if (value instanceof Metadata metadata) {
                plain.put(name, new HashMap<>(metadata.written().getMap()));
            } else if (value != null) {
                plain.put(name, value instanceof Enum<?> status ? status.name() : value);
            }
        });
        return plain;
    }
}
