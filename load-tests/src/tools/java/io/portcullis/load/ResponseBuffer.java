package io.portcullis.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What has come of one answer on a connection. Not thread-safe. */
final class ResponseBuffer {

    static final int LARGEST = 64 * 1024;

    private static final byte[] CONTENT_LENGTH = "content-length:".getBytes(StandardCharsets.US_ASCII);

    private byte[] bytes = new byte[2048];
    private int have;

    void append(ByteBuffer more) throws IOException {
        int total = have + more.remaining();
        if (total > LARGEST) {
            throw new IOException("an answer of more than " + LARGEST + " bytes");
        }
        if (total > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(total, 2 * bytes.length));
        }
        more.get(bytes, have, more.remaining());
        have = total;
    }

    void clear() {
        have = 0;
    }

    /** Whether head and body are here. */
    boolean isComplete() throws IOException {
        int length = responseLength();
        if (length >= 0 && length != have) {
            throw new IOException("more than one answer:\n" + text());
        }
        return length >= 0;
    }

    /** Of a complete answer. */
    int status() {
        return digits(9, 12);
    }

    String text() {
        return new String(bytes, 0, have, StandardCharsets.ISO_8859_1);
    }

    /** Head and body together, or -1 while the head is not complete or the body not here. */
    private int responseLength() throws IOException {
        int bodyLength = -1;
        int lineStart = 0;
        for (int i = 0; i < have; i++) {
            if (bytes[i] != '\n') {
                continue;
            }
            if (i - lineStart <= 1) {
                if (bodyLength < 0) {
                    throw new IOException("an answer without Content-Length:\n" + text());
                }
                int length = i + 1 + bodyLength;
                return have < length ? -1 : length;
            }
            if ((bytes[lineStart] | 0x20) == 'c' && startsWithContentLength(lineStart)) {
                bodyLength = digits(lineStart + CONTENT_LENGTH.length, i);
            }
            lineStart = i + 1;
        }
        return -1;
    }

    private boolean startsWithContentLength(int from) {
        if (have - from < CONTENT_LENGTH.length) {
            return false;
        }
        for (int i = 0; i < CONTENT_LENGTH.length; i++) {
            byte b = bytes[from + i];
            if ((b >= 'A' && b <= 'Z' ? b | 0x20 : b) != CONTENT_LENGTH[i]) {
                return false;
            }
        }
        return true;
    }

    private int digits(int from, int to) {
        int value = 0;
        for (int i = from; i < to; i++) {
            if (bytes[i] >= '0' && bytes[i] <= '9') {
                value = value * 10 + bytes[i] - '0';
            }
        }
        return value;
    }
}
