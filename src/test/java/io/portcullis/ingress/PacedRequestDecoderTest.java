package io.portcullis.ingress;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpServerOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is read from a connection, and when, without a socket. */
class PacedRequestDecoderTest {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final List<String> read = new ArrayList<>();
    private long now;
    private int asked;
    private final StalledPeers stalled =
            new StalledPeers(PATIENCE, () -> now, new OpenConnections("data", 0, registry));
    private final PacedRequestDecoder decoder = new PacedRequestDecoder(new HttpServerOptions(), stalled);
    private EmbeddedChannel channel = new EmbeddedChannel();

    @BeforeEach
    void open() {
        channel = new EmbeddedChannel(new Asked(), decoder, new Reader());
        channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(4, 8));
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    @Test
    void aRequestIsReadWhenTheOneBeforeItIsAnswered() {
        receive(request("/1") + request("/2") + request("/3").repeat(1000));

        assertThat(read).containsExactly("/1");
        assertThat(channel.config().isAutoRead())
                .as("the rest waits in the kernel")
                .isFalse();

        answer();
        assertThat(read).containsExactly("/1", "/2");

        answer();
        assertThat(read).containsExactly("/1", "/2", "/3");
    }

    @Test
    void readingGoesOnWhenAllIsAnswered() {
        receive(request("/1") + request("/2"));
        answer();
        answer();

        assertThat(channel.config().isAutoRead()).isTrue();
        receive(request("/3"));
        assertThat(read).containsExactly("/1", "/2", "/3");
    }

    @Test
    void whatArrivesWhileAnAnswerIsDueWaits() {
        receive(request("/1"));
        receive(request("/2"));
        receive(request("/3"));
        assertThat(read).containsExactly("/1");

        answer();
        answer();
        assertThat(read).containsExactly("/1", "/2", "/3");
    }

    @Test
    void noRequestIsReadWhileThePeerDoesNotTakeTheAnswers() {
        receive(request("/1"));
        ChannelFuture unused = channel.write(Unpooled.wrappedBuffer(new byte[100]));
        answer();
        receive(request("/2") + request("/3"));

        assertThat(read).containsExactly("/1");

        channel.flush();
        channel.runPendingTasks();
        assertThat(read).containsExactly("/1", "/2");
    }

    /** The refusal of a body is the data plane's: a server that wants one gets it before it answers. */
    @Test
    void aBodyIsReadBeforeTheAnswer() {
        receive("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
        receive("lo" + request("/2"));

        assertThat(read).containsExactly("/1", "hel", "lo");

        answer();
        assertThat(read).containsExactly("/1", "hel", "lo", "/2");
    }

    @Test
    void nothingIsReadBehindTheLastRequest() {
        receive(request("/1") + request("/2"));
        decoder.end();
        answer();
        receive(request("/3"));

        assertThat(read).containsExactly("/1");
    }

    @Test
    void nothingIsReadBehindWhatIsNoRequest() {
        receive("NONSENSE\r\n\r\n" + request("/1"));
        answer();
        receive(request("/2"));

        assertThat(read).containsExactly("invalid");
    }

    @Test
    void nothingIsReadBehindLinesThatAreNotLetPass() {
        receive("\n");
        answer();
        receive(request("/1"));

        assertThat(read).containsExactly("invalid");
    }

    /** Netty's decoder asks for more where it could make nothing of what it has. */
    @Test
    void whileBytesWaitNoMoreAreAskedFor() {
        receive(request("/1") + request("/2"));
        int before = asked;
        receive(request("/3"));

        assertThat(asked).isEqualTo(before);
    }

    /** Where a line ends with the bytes that have arrived, the next ones tell whether it goes on. */
    @Test
    void aFoldIsRefusedWhereverTheBytesAreCut() {
        String folded = "GET /1 HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n";
        for (int cut = 1; cut < folded.length(); cut++) {
            read.clear();
            EmbeddedChannel fresh =
                    new EmbeddedChannel(new PacedRequestDecoder(new HttpServerOptions(), stalled), new Reader());
            fresh.writeInbound(Unpooled.copiedBuffer(folded.substring(0, cut), ISO_8859_1));
            fresh.writeInbound(Unpooled.copiedBuffer(folded.substring(cut), ISO_8859_1));

            assertThat(read).as("cut at " + cut).containsExactly("invalid");
            fresh.finishAndReleaseAll();
        }
    }

    @Test
    void aConnectionOnWhichNothingComesIsClosed() {
        after(PATIENCE.minusMillis(1));
        assertThat(channel.isOpen()).isTrue();

        after(PATIENCE);
        assertThat(channel.isOpen()).isFalse();
        assertThat(closedFor("head_timeout")).isEqualTo(1);
    }

    @Test
    void aHeadThatGrowsByAByteNowAndThenIsNotWaitedForLonger() {
        receive(request("/1"));
        answer();
        now = PATIENCE.toNanos() * 3;
        String head = request("/2");
        int sent = 0;
        while (channel.isOpen() && sent < 50) {
            receive(head.substring(sent, sent + 1));
            sent++;
            after(Duration.ofNanos(now).plusSeconds(1));
        }

        assertThat(sent).isEqualTo(10);
        assertThat(closedFor("head_timeout")).isEqualTo(1);
    }

    @Test
    void emptyLinesAreNoProgress() {
        receive(request("/1"));
        answer();
        receive("\r\n");

        after(PATIENCE);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aConnectionThatRestsBetweenRequestsIsLeftAlone() {
        receive(request("/1"));
        answer();

        after(PATIENCE.multipliedBy(10));
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void aRequestThatTakesLongIsNotThePeersFault() {
        receive(request("/1") + request("/2"));

        after(PATIENCE.multipliedBy(10));
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void aPeerThatDoesNotTakeTheAnswersIsClosed() {
        receive(request("/1"));
        ChannelFuture unused = channel.write(Unpooled.wrappedBuffer(new byte[100]));
        answer();
        receive(request("/2"));

        after(PATIENCE);
        assertThat(channel.isOpen()).isFalse();
        assertThat(closedFor("slow_reader")).isEqualTo(1);
    }

    @Test
    void aPeerThatDoesNotTakeTheLastAnswerIsClosed() {
        receive(request("/1"));
        decoder.end();

        after(PATIENCE);
        assertThat(channel.isOpen()).isFalse();
    }

    private void receive(String bytes) {
        channel.writeInbound(Unpooled.copiedBuffer(bytes, ISO_8859_1));
    }

    private void answer() {
        decoder.answered();
        channel.runPendingTasks();
    }

    private void after(Duration time) {
        now = time.toNanos();
        stalled.closeDue();
        channel.runPendingTasks();
    }

    private double closedFor(String reason) {
        return registry.get("http_connections_closed")
                .tag("reason", reason)
                .counter()
                .count();
    }

    private static String request(String path) {
        return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
    }

    /** Takes what is read down, as Vert.x would hand it on. */
    private final class Reader extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof HttpRequest request) {
                read.add(request.decoderResult().isSuccess() ? request.uri() : "invalid");
            } else if (message instanceof HttpContent content
                    && content.content().isReadable()) {
                read.add(content.content().toString(ISO_8859_1));
            }
            ReferenceCountUtil.release(message);
        }
    }

    /** Counts what the channel is asked to read, beyond what it reads by itself. */
    private final class Asked extends ChannelOutboundHandlerAdapter {

        @Override
        public void read(ChannelHandlerContext ctx) {
            asked++;
            ctx.read();
        }
    }
}
