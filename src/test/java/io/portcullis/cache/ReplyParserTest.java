package io.portcullis.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyParserTest {

    private static final String ALL_KINDS = String.join(
            "\r\n",
            "+OK",
            ":-12",
            "$5\r\na\r\nb\0",
            "$-1",
            "$0\r\n",
            "-NOAUTH Authentication required.",
            "*3\r\n:1\r\n*2\r\n+PONG\r\n$-1\r\n$2\r\nhi",
            "*0",
            "*-1",
            ":9223372036854775807",
            ":-9223372036854775808",
            "");

    private final List<Reply> replies = new ArrayList<>();
    private final ReplyParser parser = new ReplyParser(replies::add);

    private void feed(String text) {
        parser.feed(Buffer.buffer(text.getBytes(StandardCharsets.ISO_8859_1)));
    }

    private static Reply bulk(String text) {
        return new Reply.Bulk(Buffer.buffer(text));
    }

    @Test
    void everyKindOfReplyIsReadWhereverTheBytesAreCut() {
        feed(ALL_KINDS);
        List<Reply> whole = List.copyOf(replies);
        assertThat(whole)
                .containsExactly(
                        Reply.Status.OK,
                        new Reply.Int(-12),
                        bulk("a\r\nb\0"),
                        Reply.Nil.NIL,
                        bulk(""),
                        new Reply.Refusal("NOAUTH"),
                        new Reply.Items(List.of(
                                new Reply.Int(1),
                                new Reply.Items(List.of(new Reply.Status("PONG"), Reply.Nil.NIL)),
                                bulk("hi"))),
                        new Reply.Items(List.of()),
                        Reply.Nil.NIL,
                        new Reply.Int(Long.MAX_VALUE),
                        new Reply.Int(Long.MIN_VALUE));
        for (int step = 1; step < ALL_KINDS.length(); step++) {
            replies.clear();
            for (int from = 0; from < ALL_KINDS.length(); from += step) {
                feed(ALL_KINDS.substring(from, Math.min(ALL_KINDS.length(), from + step)));
            }
            assertThat(replies).isEqualTo(whole);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "$3\r\nfooXY",
                "$0\r\nXY",
                "$3\r\nfoobar\r\n",
                "$abc\r\n",
                "$-2\r\n",
                "$\r\n",
                "$9999999999\r\n",
                "$8388609\r\n",
                "*100001\r\n",
                "*-7\r\n",
                ":\r\n",
                ":-\r\n",
                ":12x\r\n",
                ":9223372036854775808\r\n",
                ":99999999999999999999\r\n",
                "+a\nb\r\n",
                "+a\rb\r\n",
                "\r\n",
                "\n",
                "HTTP/1.1 400 Bad Request\r\n",
                "%1\r\n",
                ">2\r\n",
                "_\r\n",
                "\u0016\u0003\u0001\u0002\r\n",
                "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
            })
    void nonsenseIsRefusedAndYieldsNothing(String nonsense) {
        assertThatThrownBy(() -> feed(nonsense)).isInstanceOf(RedisFailure.Garbled.class);
        assertThat(replies).isEmpty();
    }

    @Test
    void anEndlessLineIsRefusedAfterAKilobyte() {
        assertThatThrownBy(() -> feed("+" + "x".repeat(2000))).isInstanceOf(RedisFailure.Garbled.class);
    }

    @Test
    void anEndlessReplyIsRefused() {
        feed("*100000\r\n");
        String items = ":123456789012345678\r\n".repeat(1000);
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 1000; i++) {
                        feed("*100000\r\n" + items);
                    }
                })
                .isInstanceOf(RedisFailure.Garbled.class);
    }

    @Test
    void anErrorKeepsItsCodeAndForgetsWhatItQuotes() {
        feed(
                "-ERR unknown command 'GTE', with args beginning with: 'pk_live_secret'\r\n-pk_live_secret\r\n-WRONGTYPE\r\n");
        assertThat(replies)
                .containsExactly(new Reply.Refusal("ERR"), new Reply.Refusal("ERR"), new Reply.Refusal("WRONGTYPE"));
    }

    @Test
    void randomBytesNeverDoMoreThanBeRefused() {
        Random random = new Random(42);
        byte[] alphabet = "+-:$*%_0123456789\r\n\r\n\r\nOKab".getBytes(StandardCharsets.US_ASCII);
        for (int round = 0; round < 20_000; round++) {
            ReplyParser fresh = new ReplyParser(reply -> assertThat(reply).isNotNull());
            byte[] bytes = new byte[1 + random.nextInt(60)];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = alphabet[random.nextInt(alphabet.length)];
            }
            try {
                fresh.feed(Buffer.buffer(bytes));
            } catch (RedisFailure.Garbled expected) {
                assertThat(expected.reason()).startsWith("garbled");
            }
        }
    }
}
