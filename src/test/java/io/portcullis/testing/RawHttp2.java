package io.portcullis.testing;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/2 frame by frame (RFC 9113 §4), for what no client would send. What comes back is read all the time, so that whoever floods the other
 * side still learns why it hung up.
 */
public final class RawHttp2 implements AutoCloseable {

    public static final int DATA = 0;
    public static final int HEADERS = 1;
    public static final int PRIORITY = 2;
    public static final int RST_STREAM = 3;
    public static final int SETTINGS = 4;
    public static final int PING = 6;
    public static final int GOAWAY = 7;
    public static final int WINDOW_UPDATE = 8;
    public static final int CONTINUATION = 9;

    public static final int END_STREAM = 1;
    public static final int END_HEADERS = 4;

    public static final int ENHANCE_YOUR_CALM = 0xb;

    private static final int PRIORITIZED = 0x20;

    private static final int MOST_SECONDS = 10;
    /** In place of a type: no frame comes any more. */
    private static final int END = -1;

    private final SSLSocket socket;
    private final OutputStream out;
    private final BlockingQueue<Frame> received = new LinkedBlockingQueue<>();
    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder();

    /** One frame. */
    public static final class Frame {
        private final int type;
        private final int flags;
        private final int stream;
        private final byte[] payload;

        private Frame(int type, int flags, int stream, byte[] payload) {
            this.type = type;
            this.flags = flags;
            this.stream = stream;
            this.payload = payload;
        }

        public int stream() {
            return stream;
        }

        public byte[] payload() {
            return payload.clone();
        }

        /** The error of a RST_STREAM or GOAWAY. */
        public int error() {
            return ByteBuffer.wrap(payload).getInt(type == GOAWAY ? 4 : 0);
        }
    }

    /** @param socket on which h2 has been agreed */
    public RawHttp2(SSLSocket socket) throws IOException {
        this.socket = socket;
        this.out = socket.getOutputStream();
        Thread reader = new Thread(this::read, "h2-reader");
        reader.setDaemon(true);
        reader.start();
        out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        send(SETTINGS, 0, 0);
    }

    /** Sends a frame at once. */
    public RawHttp2 send(int type, int flags, int stream, byte... payload) throws IOException {
        out.write(frame(type, flags, stream, payload));
        out.flush();
        return this;
    }

    /** Sends what was put together from frames; whether the other side takes all of it is not asked. */
    public RawHttp2 sendAll(ByteArrayOutputStream frames) {
        try {
            frames.writeTo(out);
            out.flush();
        } catch (IOException e) {
            // It hung up meanwhile: that is what floods are sent for.
        }
        return this;
    }

    public static byte[] frame(int type, int flags, int stream, byte... payload) {
        return ByteBuffer.allocate(9 + payload.length)
                .putInt((payload.length << 8) | type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array();
    }

    /** A header block of literals (RFC 7541 §6.2.2), name after value after name. */
    public static byte[] block(String... fields) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (int i = 0; i < fields.length; i += 2) {
            block.write(0);
            text(block, fields[i]);
            text(block, fields[i + 1]);
        }
        return block.toByteArray();
    }

    /** The fields of {@code GET /auth}, and more. */
    public static byte[] get(String... more) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        block.writeBytes(block(":method", "GET", ":scheme", "https", ":path", "/auth", ":authority", "a"));
        block.writeBytes(block(more));
        return block.toByteArray();
    }

    /** The next frame of that type, those before it left out; null when the connection ends first. */
    public @Nullable Frame next(int type) throws InterruptedException {
        while (true) {
            Frame frame = received.poll(MOST_SECONDS, TimeUnit.SECONDS);
            if (frame == null) {
                throw new AssertionError("no frame of type " + type + ", and no end of the connection");
            }
            if (frame.type == END) {
                received.add(frame);
                return null;
            }
            if (frame.type == type) {
                return frame;
            }
        }
    }

    /** The fields of the next answer. */
    public Http2Headers answer() throws InterruptedException, Http2Exception {
        Frame frame = next(HEADERS);
        if (frame == null) {
            throw new AssertionError("the connection ended before the answer");
        }
        int prefix = (frame.flags & PRIORITIZED) == 0 ? 0 : 5;
        return decoder.decodeHeaders(
                frame.stream, Unpooled.wrappedBuffer(frame.payload).skipBytes(prefix));
    }

    /** Its status. */
    public int status() throws InterruptedException, Http2Exception {
        return Integer.parseInt(answer().status().toString());
    }

    /** Whether the connection ends, whatever comes before that. */
    public boolean ended() throws InterruptedException {
        return next(-2) == null;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private void read() {
        try {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            while (true) {
                int lengthAndType = in.readInt();
                int flags = in.readUnsignedByte();
                int stream = in.readInt();
                byte[] payload = in.readNBytes(lengthAndType >>> 8);
                if (payload.length < lengthAndType >>> 8) {
                    throw new EOFException();
                }
                received.add(new Frame(lengthAndType & 0xff, flags, stream, payload));
            }
        } catch (IOException e) {
            received.add(new Frame(END, 0, 0, new byte[0]));
        }
    }

    private static void text(ByteArrayOutputStream block, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        if (bytes.length < 127) {
            block.write(bytes.length);
        } else {
            // RFC 7541 §5.1
            block.write(127);
            int rest = bytes.length - 127;
            while (rest >= 128) {
                block.write((rest & 0x7f) | 0x80);
                rest >>>= 7;
            }
            block.write(rest);
        }
        block.writeBytes(bytes);
    }
}
