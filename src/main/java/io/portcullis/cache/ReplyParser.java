package io.portcullis.cache;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Cuts the bytes of one connection into replies. Strict: lines end in CRLF, a bulk string ends where its length says, RESP3 types do not
 * exist, and a line, a reply and its nesting are bounded, so that a peer can make it neither wait for ever, nor loop, nor hoard memory.
 *
 * <p>After a {@link RedisFailure.Garbled} the position in the stream is lost for good: the connection must be closed. Not thread-safe.
 */
final class ReplyParser {

    /** The longest value that this room reads or writes, in bytes. */
    static final int MAX_VALUE = 8 * 1024 * 1024;

    private static final int MAX_REPLY = MAX_VALUE + 64 * 1024;
    private static final int MAX_LINE = 1024;
    private static final int MAX_ITEMS = 100_000;
    private static final int MAX_DEPTH = 8;
    private static final int MAX_CODE = 32;
    private static final int NO_BULK = -1;
    private static final Buffer NOTHING = Buffer.buffer(0);

    private final Consumer<Reply> sink;
    private final ArrayDeque<OpenArray> open = new ArrayDeque<>();
    private Buffer bytes = NOTHING;
    private int at;
    private int bulk = NO_BULK;
    private int replySize;

    /** @param sink is given each whole reply, in order, on the thread that feeds */
    ReplyParser(Consumer<Reply> sink) {
        this.sink = sink;
    }

    private static final class OpenArray {
        final List<Reply> items;
        int left;

        OpenArray(int size) {
            items = new ArrayList<>(Math.min(size, 16));
            left = size;
        }
    }

    /** @throws RedisFailure.Garbled when this is not RESP2, or too much of it */
    void feed(Buffer chunk) {
        bytes = bytes.length() == 0 ? chunk : bytes.appendBuffer(chunk);
        while (step()) {
            // one element at a time
        }
        keepRest();
    }

    private void keepRest() {
        if (at == bytes.length()) {
            bytes = NOTHING;
        } else if (at > 0) {
            bytes = bytes.getBuffer(at, bytes.length());
        }
        at = 0;
    }

    /** Takes one element off the bytes; false when more bytes are needed first. */
    private boolean step() {
        return bulk == NO_BULK ? header() : body();
    }

    private boolean header() {
        int end = lineEnd();
        if (end < 0) {
            return false;
        }
        byte type = bytes.getByte(at);
        int from = at + 1;
        grow(end + 2 - at);
        at = end + 2;
        switch (type) {
            case '$' -> bulk(length(from, end, MAX_VALUE));
            case ':' -> done(new Reply.Int(number(from, end)));
            case '+' -> done(status(from, end));
            case '-' -> done(new Reply.Refusal(code(from, end)));
            case '*' -> array(length(from, end, MAX_ITEMS));
            default -> throw new RedisFailure.Garbled("unknown type");
        }
        return true;
    }

    /** Index of the CR that ends the line at {@code at}, or -1 when it has not come yet. */
    private int lineEnd() {
        int limit = Math.min(bytes.length(), at + MAX_LINE);
        for (int i = at; i < limit; i++) {
            byte b = bytes.getByte(i);
            if (b == '\n') {
                throw new RedisFailure.Garbled("bare LF");
            }
            if (b == '\r') {
                if (i + 1 == bytes.length()) {
                    return -1;
                }
                if (bytes.getByte(i + 1) != '\n' || i == at) {
                    throw new RedisFailure.Garbled("bare CR");
                }
                return i;
            }
        }
        if (limit - at == MAX_LINE) {
            throw new RedisFailure.Garbled("endless line");
        }
        return -1;
    }

    private void bulk(int length) {
        if (length < 0) {
            done(Reply.Nil.NIL);
        } else {
            grow(length + 2);
            bulk = length;
        }
    }

    private boolean body() {
        if (bytes.length() - at < bulk + 2) {
            return false;
        }
        int end = at + bulk;
        if (bytes.getByte(end) != '\r' || bytes.getByte(end + 1) != '\n') {
            throw new RedisFailure.Garbled("bulk string of another length");
        }
        Reply reply = new Reply.Bulk(bytes.getBuffer(at, end));
        at = end + 2;
        bulk = NO_BULK;
        done(reply);
        return true;
    }

    private void array(int size) {
        if (size < 0) {
            done(Reply.Nil.NIL);
        } else if (size == 0) {
            done(new Reply.Items(List.of()));
        } else if (open.size() == MAX_DEPTH) {
            throw new RedisFailure.Garbled("nested too deep");
        } else {
            open.push(new OpenArray(size));
        }
    }

    private void done(Reply element) {
        Reply reply = element;
        for (OpenArray array = open.peek(); array != null; array = open.peek()) {
            array.items.add(reply);
            if (--array.left > 0) {
                return;
            }
            open.pop();
            reply = new Reply.Items(array.items);
        }
        replySize = 0;
        sink.accept(reply);
    }

    private void grow(int by) {
        replySize += by;
        if (replySize > MAX_REPLY) {
            throw new RedisFailure.Garbled("endless reply");
        }
    }

    private int length(int from, int end, int max) {
        long length = number(from, end);
        if (length < -1 || length > max) {
            throw new RedisFailure.Garbled("length out of bounds");
        }
        return (int) length;
    }

    /** Counts below zero, where there is room for one number more. */
    private long number(int from, int end) {
        boolean negative = bytes.getByte(from) == '-';
        int first = negative ? from + 1 : from;
        long value = 0;
        for (int i = first; i < end; i++) {
            int digit = bytes.getByte(i) - '0';
            value = value * 10 - digit;
            if (digit < 0 || digit > 9 || value > 0) {
                throw new RedisFailure.Garbled("not a number");
            }
        }
        if (first == end || end - first > 19 || (!negative && value == Long.MIN_VALUE)) {
            throw new RedisFailure.Garbled("not a number");
        }
        return negative ? value : -value;
    }

    private Reply status(int from, int end) {
        if (end - from == 2 && bytes.getByte(from) == 'O' && bytes.getByte(from + 1) == 'K') {
            return Reply.Status.OK;
        }
        return new Reply.Status(bytes.getString(from, end, StandardCharsets.ISO_8859_1.name()));
    }

    private String code(int from, int end) {
        String text = bytes.getString(from, Math.min(end, from + MAX_CODE + 1), StandardCharsets.ISO_8859_1.name());
        int space = text.indexOf(' ');
        String word = space < 0 ? text : text.substring(0, space);
        return isCode(word) ? word : "ERR";
    }

    private static boolean isCode(String word) {
        return !word.isEmpty() && word.length() <= MAX_CODE && word.chars().allMatch(c -> c >= 'A' && c <= 'Z');
    }
}
