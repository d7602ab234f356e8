package io.portcullis.cache;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;

/** Writes one command as RESP2 straight into the bytes that leave next; called again when the command is sent again. */
@FunctionalInterface
interface RequestWriter {

    void writeTo(Buffer out);

    /** What every command of one kind begins with: the count of its arguments, its own name included, and that name. */
    static byte[] head(int count, String name) {
        return ("*" + count + "\r\n$" + name.length() + "\r\n" + name + "\r\n").getBytes(StandardCharsets.US_ASCII);
    }

    /** A whole command of arguments that are few and seldom sent. */
    static RequestWriter of(String name, String... arguments) {
        return out -> {
            out.appendBytes(head(arguments.length + 1, name));
            for (String argument : arguments) {
                bulk(out, argument.getBytes(StandardCharsets.UTF_8));
            }
        };
    }

    static void bulk(Buffer out, byte[] argument) {
        length(out, argument.length);
        out.appendBytes(argument);
        crlf(out);
    }

    static void bulk(Buffer out, Buffer argument) {
        length(out, argument.length());
        out.appendBuffer(argument);
        crlf(out);
    }

    /** A number as its decimal digits. */
    static void bulk(Buffer out, long argument) {
        length(out, digits(argument));
        decimal(out, argument);
        crlf(out);
    }

    static void length(Buffer out, int length) {
        out.appendByte((byte) '$');
        decimal(out, length);
        crlf(out);
    }

    static void crlf(Buffer out) {
        out.appendByte((byte) '\r').appendByte((byte) '\n');
    }

    private static int digits(long number) {
        int digits = 1;
        for (long left = number / 10; left > 0; left /= 10) {
            digits++;
        }
        return digits;
    }

    /** Writes the digits of a number that is not negative. */
    static void decimal(Buffer out, long number) {
        if (number >= 10) {
            decimal(out, number / 10);
        }
        out.appendByte((byte) ('0' + number % 10));
    }
}
