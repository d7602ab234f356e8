package io.portcullis.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Each fault shows, and ends. */
@Timeout(30)
class TcpProxyTest {
    /** What does not come within it does not come: the echo itself takes less than a millisecond. */
    private static final int SILENCE_MILLIS = 150;

    private static final Duration LIMIT = Duration.ofSeconds(5);

    private EchoServer server;
    private TcpProxy proxy;
    private final List<Peer> peers = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        server = new EchoServer();
        proxy = TcpProxy.to("127.0.0.1", server.port());
    }

    @AfterEach
    void stop() throws Exception {
        for (Peer peer : peers) {
            peer.close();
        }
        proxy.close();
        server.close();
    }

    @Test
    void anOpenWayPassesEverythingBothWaysAndAnEndToo() throws Exception {
        Peer peer = connect();
        peer.send("hello");
        assertThat(peer.receive(5)).isEqualTo("hello");
        assertThat(proxy.connections()).isEqualTo(1);

        peer.close();

        await().atMost(LIMIT).until(() -> server.connections() == 0 && proxy.connections() == 0);
    }

    @Test
    void aCutWayEndsConnectionsOldAndNewUntilHealed() throws Exception {
        Peer old = connected();

        proxy.cut();

        assertThat(old.ends()).isTrue();
        assertThat(connect().ends()).isTrue();
        await().atMost(LIMIT).until(() -> server.connections() == 0);

        proxy.heal();

        connected();
    }

    @Test
    void aFrozenWayIsSilentAndHealBreaksIt() throws Exception {
        Peer old = connected();

        proxy.freeze();
        old.send("lost");
        Peer fresh = connect();
        fresh.send("lost");
        await().atMost(LIMIT).until(() -> proxy.connections() == 2);

        assertThat(old.silent()).isTrue();
        assertThat(fresh.silent()).isTrue();

        proxy.heal();

        assertThat(old.ends()).isTrue();
        assertThat(fresh.ends()).isTrue();
        connected();
    }

    @Test
    void aFrozenWayThatIsHealedQuietlyKeepsEveryByteInOrder() throws Exception {
        Peer old = connected();
        proxy.freeze();
        old.send("one ");
        old.send("two ");
        Peer fresh = connect();
        fresh.send("new");
        Peer gone = connected(false);
        gone.close();
        assertThat(old.silent()).isTrue();

        proxy.healQuietly();
        old.send("three");

        assertThat(old.receive(13)).isEqualTo("one two three");
        assertThat(fresh.receive(3)).isEqualTo("new");
        await().atMost(LIMIT).until(() -> server.connections() == 2);
    }

    @Test
    void aHalfOpenWaySwallowsWhatIsSentAndTheServerDoesNotLearnThatANearSideWent() throws Exception {
        Peer old = connected();

        proxy.halfOpen();
        // More than the buffers of both kernels hold: with a way that is frozen this write would block.
        old.send("x".repeat(16 << 20));
        Peer fresh = connect();
        fresh.send("swallowed");

        assertThat(old.silent()).isTrue();
        assertThat(fresh.silent()).isTrue();
        old.close();
        fresh.close();
        assertThat(server.connections()).isEqualTo(1);

        proxy.heal();

        await().atMost(LIMIT).until(() -> server.connections() == 0 && proxy.connections() == 0);
        connected();
    }

    @Test
    void aConnectionThatLostBytesBreaksAlsoWhenHealedQuietly() throws Exception {
        Peer old = connected();
        proxy.halfOpen();
        Peer fresh = connect();
        await().atMost(LIMIT).until(() -> proxy.connections() == 2);
        proxy.freeze();

        proxy.healQuietly();

        assertThat(old.ends()).isTrue();
        assertThat(fresh.ends()).isTrue();
        connected();
    }

    @Test
    void aSlowWayDelaysEachChunkInBothDirectionsAndKeepsTheOrder() throws Exception {
        Peer peer = connected();
        proxy.delay(Duration.ofMillis(60));

        long sent = System.nanoTime();
        peer.send("a");
        peer.send("b");
        assertThat(peer.receive(2)).isEqualTo("ab");
        assertThat(System.nanoTime() - sent)
                .isGreaterThanOrEqualTo(Duration.ofMillis(120).toNanos());

        proxy.delay(Duration.ofHours(1));
        peer.send("c");
        await().atMost(LIMIT).until(() -> proxy.underWay() == 1);
        proxy.delay(Duration.ofMillis(1));
        peer.send("d");
        assertThat(peer.silent()).as("a later chunk does not overtake").isTrue();

        proxy.heal();

        assertThat(peer.receive(2)).isEqualTo("cd");
    }

    @Test
    void anEndIsAsSlowAsTheBytesBeforeIt() throws Exception {
        Peer peer = connected();
        proxy.delay(Duration.ofHours(1));
        peer.send("last words");
        peer.close();
        await().atMost(LIMIT).until(() -> proxy.underWay() == 2);
        assertThat(server.connections()).isEqualTo(1);

        proxy.heal();

        await().atMost(LIMIT).until(() -> server.connections() == 0);
    }

    @Test
    void aNoisyWayFlipsOneBitOfAChunkFromTheServerAndTheSameForTheSameSeed() throws Exception {
        String sent = "0".repeat(100);
        List<String> runs = new ArrayList<>();
        for (int run = 0; run < 2; run++) {
            try (TcpProxy noisy = TcpProxy.to("127.0.0.1", server.port());
                    Peer peer = new Peer(noisy.port())) {
                noisy.corrupt(0.5, 7);
                StringBuilder got = new StringBuilder();
                for (int i = 0; i < 20; i++) {
                    peer.send(sent);
                    got.append(peer.receive(sent.length()));
                }
                assertThat(noisy.corrupted()).isBetween(1L, 19L);
                assertThat(differentBits(sent.repeat(20), got.toString())).isEqualTo(noisy.corrupted());
                runs.add(got.toString());

                noisy.heal();
                peer.send(sent);
                assertThat(peer.receive(sent.length())).isEqualTo(sent);
            }
        }
        assertThat(runs.get(0)).isEqualTo(runs.get(1));
    }

    @Test
    void aServerThatIsNotThereEndsTheConnection() throws Exception {
        server.close();
        assertThat(connect().ends()).isTrue();
        await().atMost(LIMIT).until(() -> proxy.connections() == 0);
    }

    @Test
    void aClosedProxyLeavesNoPortAndNoConnection() throws Exception {
        Peer peer = connected();
        int port = proxy.port();

        proxy.close();

        assertThat(peer.ends()).isTrue();
        assertThatThrownBy(() -> new Peer(port).close()).isInstanceOf(IOException.class);
        await().atMost(LIMIT).until(() -> server.connections() == 0);
    }

    private static long differentBits(String one, String other) {
        byte[] a = one.getBytes(StandardCharsets.ISO_8859_1);
        byte[] b = other.getBytes(StandardCharsets.ISO_8859_1);
        long bits = 0;
        for (int i = 0; i < a.length; i++) {
            bits += Integer.bitCount((a[i] ^ b[i]) & 0xff);
        }
        return bits;
    }

    private Peer connect() throws IOException {
        return connected(false);
    }

    private Peer connected() throws IOException {
        return connected(true);
    }

    private Peer connected(boolean tried) throws IOException {
        Peer peer = new Peer(proxy.port());
        peers.add(peer);
        if (tried) {
            peer.send("?");
            assertThat(peer.receive(1)).isEqualTo("?");
        }
        return peer;
    }

    /** The near side. */
    private static final class Peer implements AutoCloseable {
        private final Socket socket;

        Peer(int port) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setTcpNoDelay(true);
        }

        void send(String text) throws IOException {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        }

        String receive(int length) throws IOException {
            socket.setSoTimeout((int) LIMIT.toMillis());
            return new String(socket.getInputStream().readNBytes(length), StandardCharsets.ISO_8859_1);
        }

        boolean silent() throws IOException {
            socket.setSoTimeout(SILENCE_MILLIS);
            try {
                int got = socket.getInputStream().read();
                throw new AssertionError("got " + got);
            } catch (SocketTimeoutException nothing) {
                return true;
            }
        }

        boolean ends() throws IOException {
            socket.setSoTimeout((int) LIMIT.toMillis());
            try {
                return socket.getInputStream().read() < 0;
            } catch (SocketException reset) {
                return true;
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
