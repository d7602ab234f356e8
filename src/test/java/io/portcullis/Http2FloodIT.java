package io.portcullis;

import static io.portcullis.testing.RawHttp2.CONTINUATION;
import static io.portcullis.testing.RawHttp2.DATA;
import static io.portcullis.testing.RawHttp2.END_HEADERS;
import static io.portcullis.testing.RawHttp2.END_STREAM;
import static io.portcullis.testing.RawHttp2.ENHANCE_YOUR_CALM;
import static io.portcullis.testing.RawHttp2.GOAWAY;
import static io.portcullis.testing.RawHttp2.HEADERS;
import static io.portcullis.testing.RawHttp2.PING;
import static io.portcullis.testing.RawHttp2.PRIORITY;
import static io.portcullis.testing.RawHttp2.RST_STREAM;
import static io.portcullis.testing.RawHttp2.SETTINGS;
import static io.portcullis.testing.RawHttp2.frame;
import static io.portcullis.testing.RawHttp2.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.testing.RawHttp2;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Floods that cost the sender less than the receiver: the connection ends, and an honest one beside it is served throughout. */
class Http2FloodIT {

    private static final int ENDS = END_HEADERS | END_STREAM;

    /** Sent in one go: many times what is allowed. */
    private static final int MANY = 3000;

    @TempDir
    static @Nullable Path folder;

    private static @Nullable TlsGateway started;
    private static String key = "";
    private @Nullable RawHttp2 honest;

    @BeforeAll
    static void start() throws Exception {
        started = TlsGateway.start(Objects.requireNonNull(folder), Map.of("PORTCULLIS_SERVER_MAX_HEAD_SIZE", "4KB"));
        key = gateway().gateway().client().key();
    }

    @AfterAll
    static void stop() {
        gateway().close();
    }

    @BeforeEach
    void honestConnection() throws Exception {
        honest = gateway().http2();
        assertThat(honest.send(HEADERS, ENDS, 1, get("x-api-key", key)).status())
                .isEqualTo(200);
    }

    @AfterEach
    void theHonestConnectionGoesOn() throws Exception {
        try (RawHttp2 connection = Objects.requireNonNull(honest)) {
            assertThat(connection.send(HEADERS, ENDS, 3, get("x-api-key", key)).status())
                    .isEqualTo(200);
        }
    }

    /** CVE-2023-44487. */
    @Test
    void requestsThatAreResetAtOnceEndTheConnection() throws Exception {
        flood(
                ENHANCE_YOUR_CALM,
                i -> together(
                        frame(HEADERS, ENDS, 1 + 2 * i, get("x-api-key", key)),
                        frame(RST_STREAM, 0, 1 + 2 * i, new byte[] {0, 0, 0, 8})));
    }

    /** CVE-2025-8671: content behind the end makes us reset the stream, which frees its place as well. */
    @Test
    void requestsThatMakeUsResetThemEndTheConnection() throws Exception {
        flood(
                ENHANCE_YOUR_CALM,
                i -> together(
                        frame(HEADERS, ENDS, 1 + 2 * i, get("x-api-key", key)), frame(DATA, 0, 1 + 2 * i, (byte) 'x')));
    }

    /** CVE-2024-27316: a header block without an end. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void smallPartsOfAHeaderBlockEndTheConnection(int size) throws Exception {
        flood(
                ENHANCE_YOUR_CALM,
                i -> i == 0
                        ? frame(HEADERS, END_STREAM, 1, get("x-api-key", key))
                        : frame(CONTINUATION, 0, 1, new byte[size]));
    }

    @Test
    void aHeaderBlockThatGrowsAndGrowsEndsTheConnection() throws Exception {
        byte[] fields = RawHttp2.block("x", "y".repeat(8000));
        flood(
                null,
                i -> i == 0 ? frame(HEADERS, END_STREAM, 1, get("x-api-key", key)) : frame(CONTINUATION, 0, 1, fields));
    }

    /** CVE-2016-1544 and its like: one entry of the table, named again and again by one byte each. */
    @Test
    void aSmallHeaderBlockThatUnpacksToALargeOneIsRefused() throws Exception {
        try (RawHttp2 connection = gateway().http2()) {
            byte[] entry = RawHttp2.block("x", "y".repeat(3000));
            entry[0] = 0x40;
            byte[] bomb = new byte[10_000];
            // 62: the newest entry of the dynamic table (RFC 7541 §2.3.3).
            Arrays.fill(bomb, (byte) (0x80 | 62));

            connection.send(HEADERS, ENDS, 1, together(get("x-api-key", key), entry, bomb));

            assertThat(connection.next(GOAWAY)).isNotNull();
            assertThat(connection.ended()).isTrue();
        }
    }

    /** CVE-2019-9512. */
    @Test
    void pingsEndTheConnection() throws Exception {
        flood(ENHANCE_YOUR_CALM, i -> frame(PING, 0, 0, new byte[8]));
    }

    /** CVE-2019-9515. */
    @Test
    void settingsEndTheConnection() throws Exception {
        flood(ENHANCE_YOUR_CALM, i -> frame(SETTINGS, 0, 0));
    }

    /** CVE-2019-9513. */
    @Test
    void prioritiesEndTheConnection() throws Exception {
        flood(ENHANCE_YOUR_CALM, i -> frame(PRIORITY, 0, 1, new byte[] {0, 0, 0, 0, 16}));
    }

    @Test
    void framesThatNobodyKnowsEndTheConnection() throws Exception {
        flood(ENHANCE_YOUR_CALM, i -> frame(0xbb, 0, 0, (byte) 'x'));
    }

    /** @param error that the peer is told; null for any */
    private static void flood(@Nullable Integer error, IntFunction<byte[]> part) throws Exception {
        ByteArrayOutputStream frames = new ByteArrayOutputStream();
        for (int i = 0; i < MANY; i++) {
            frames.writeBytes(part.apply(i));
        }
        try (RawHttp2 connection = gateway().http2()) {
            RawHttp2.Frame told =
                    Objects.requireNonNull(connection.sendAll(frames).next(GOAWAY), "hung up without a word");

            if (error != null) {
                assertThat(told.error()).isEqualTo(error);
            }
            assertThat(connection.ended()).isTrue();
        }
    }

    private static byte[] together(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static TlsGateway gateway() {
        return Objects.requireNonNull(started);
    }
}
