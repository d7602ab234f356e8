package io.portcullis.ingress;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;
import java.util.List;

/**
 * Reads request heads by the letter of RFC 9112. What Netty and Vert.x read more generously than the next reader might is refused here, so
 * that nobody can disagree with us about where a request ends: the first byte of doubt makes the request invalid, and Netty reads nothing
 * after an invalid one.
 *
 * <p>One for each connection; belongs to its event loop.
 */
class StrictRequestDecoder extends VertxHttpRequestDecoder {

    private static final byte CR = '\r';
    private static final byte LF = '\n';
    private static final byte SPACE = ' ';
    private static final byte TAB = '\t';
    private static final int LENGTH_OF_CONTENT_LENGTH = HttpHeaderNames.CONTENT_LENGTH.length();

    private ByteBuf input = Unpooled.EMPTY_BUFFER;
    private boolean begun;
    private boolean afterEmptyLine;
    private boolean foldUnknown;
    private boolean contentLengthSeen;
    private int wordEnd;

    StrictRequestDecoder(HttpServerOptions options) {
        super(options);
    }

    /** Whether something of a request has been read, and its end has not. */
    final boolean begun() {
        return begun;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
        if (!begun && !begin(in, out)) {
            return;
        }
        if (foldUnknown) {
            foldUnknown = false;
            if (isBlank(in.getByte(in.readerIndex()))) {
                refuse(in, out, "obsolete line folding");
                return;
            }
        }
        input = in;
        super.decode(ctx, in, out);
        if (!out.isEmpty() && out.get(out.size() - 1) instanceof LastHttpContent) {
            begun = false;
            afterEmptyLine = false;
        }
    }

    /**
     * One empty line before a request is let pass (RFC 9112 §2.2), as an older client may send it after a body. Netty would let any number of
     * CR and LF pass, in any order.
     */
    private boolean begin(ByteBuf in, List<Object> out) {
        byte first = in.getByte(in.readerIndex());
        if (first != CR && first != LF) {
            begun = true;
            contentLengthSeen = false;
            return true;
        }
        if (first == LF || afterEmptyLine) {
            refuse(in, out, "empty lines before a request");
        } else if (in.readableBytes() > 1) {
            if (in.getByte(in.readerIndex() + 1) == LF) {
                in.skipBytes(2);
                afterEmptyLine = true;
            } else {
                refuse(in, out, "CR without LF");
            }
        }
        return false;
    }

    private void refuse(ByteBuf in, List<Object> out, String why) {
        in.skipBytes(in.readableBytes());
        HttpMessage invalid = createInvalidMessage();
        invalid.setDecoderResult(DecoderResult.failure(new IllegalArgumentException(why)));
        out.add(invalid);
    }

    /** As HTTP/1.1, so that the answer says that the connection closes; Netty takes what it cannot read for HTTP/1.0. */
    @Override
    protected HttpMessage createInvalidMessage() {
        return new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/");
    }

    // The three words of the request line: one space between them and none around (RFC 9112 §3). Netty takes any number
    // of spaces, tabs,
    // form feeds and CRs for one. It hands the words over in order, and as offsets into a line that begins at 0.

    @Override
    protected String splitFirstWordInitialLine(byte[] line, int start, int length) {
        if (start != 0) {
            throw new IllegalArgumentException("blanks before the method");
        }
        wordEnd = length;
        return super.splitFirstWordInitialLine(line, start, length);
    }

    @Override
    protected String splitSecondWordInitialLine(byte[] line, int start, int length) {
        followsOneSpace(line, start);
        for (int i = start; i < start + length; i++) {
            // Controls and bytes beyond ASCII are negative or small; a fragment never reaches a server (RFC 9112
            // §3.2.1).
            if (line[i] <= SPACE || line[i] == 0x7f || line[i] == '#') {
                throw new IllegalArgumentException("a byte that no request target has");
            }
        }
        wordEnd = start + length;
        return super.splitSecondWordInitialLine(line, start, length);
    }

    /** Case matters, and there are two versions in this format (RFC 9112 §2.3). Vert.x takes any name and number. */
    @Override
    protected String splitThirdWordInitialLine(byte[] line, int start, int length) {
        followsOneSpace(line, start);
        String version = super.splitThirdWordInitialLine(line, start, length);
        if (!version.equals("HTTP/1.1") && !version.equals("HTTP/1.0")) {
            throw new IllegalArgumentException("neither HTTP/1.1 nor HTTP/1.0");
        }
        return version;
    }

    private void followsOneSpace(byte[] line, int start) {
        if (start != wordEnd + 1 || line[wordEnd] != SPACE) {
            throw new IllegalArgumentException("words of the request line are not one space apart");
        }
    }

    @Override
    protected AsciiString splitHeaderName(byte[] line, int start, int length) {
        if (length == 0) {
            throw new IllegalArgumentException("a header without a name");
        }
        foldMayFollow();
        AsciiString known = super.splitHeaderName(line, start, length);
        AsciiString name =
                isWhatWasReceived(known, line, start, length) ? known : new AsciiString(line, start, length, true);
        if (length == LENGTH_OF_CONTENT_LENGTH && HttpHeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(name)) {
            // In HTTP/1.0 Netty believes the first of two, and hides the second (RFC 9112 §6.3).
            if (contentLengthSeen) {
                throw new IllegalArgumentException("two Content-Length");
            }
            contentLengthSeen = true;
        }
        return name;
    }

    /**
     * A line that begins with a blank continues the header before it, for those who still read it so (RFC 9112 §5.2). The input stands at the
     * line after the one that is looked at, unless that has not arrived yet.
     */
    private void foldMayFollow() {
        if (!input.isReadable()) {
            foldUnknown = true;
        } else if (isBlank(input.getByte(input.readerIndex()))) {
            throw new IllegalArgumentException("obsolete line folding");
        }
    }

    private static boolean isBlank(byte b) {
        return b == SPACE || b == TAB;
    }

    /**
     * Closes CVE-2026-102479. Vert.x up to 5.0.12 recognises common header names by their first bytes but skips one of them, so that
     * {@code Content-Xength: 55} is taken for {@code Content-Length}: whoever sends it through a proxy that keeps connections alive can put a
     * request of his own in front of the next caller's. A recognised name counts only if it is, letter for letter, what was received.
     *
     * <p>To be dropped with the first Vert.x that compares all bytes; the tests that send the bytes stay.
     */
    private static boolean isWhatWasReceived(AsciiString name, byte[] line, int start, int length) {
        if (name.length() != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (lowerCase(name.byteAt(i)) != lowerCase(line[start + i])) {
                return false;
            }
        }
        return true;
    }

    private static int lowerCase(byte b) {
        return b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b;
    }
}
