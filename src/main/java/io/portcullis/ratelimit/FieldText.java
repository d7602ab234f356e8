package io.portcullis.ratelimit;

import io.netty.util.AsciiString;

/** A header field in the making, as the bytes that an answer is made of: no string is made of them, and checked and encoded char by char. */
final class FieldText {

    /** Digits of the largest number. */
    static final int NUMBER = 19;

    private final byte[] bytes;
    private int length;

    /** @param most bytes that it may become */
    FieldText(int most) {
        bytes = new byte[most];
    }

    FieldText append(AsciiString text) {
        System.arraycopy(text.array(), text.arrayOffset(), bytes, length, text.length());
        length += text.length();
        return this;
    }

    /** @param number 0 at least */
    FieldText append(long number) {
        int digits = 1;
        for (long rest = number / 10; rest > 0; rest /= 10) {
            digits++;
        }
        length += digits;
        long rest = number;
        for (int i = length - 1; i >= length - digits; i--) {
            bytes[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        return this;
    }

    boolean isEmpty() {
        return length == 0;
    }

    /** What was appended; nothing may be appended afterwards. */
    AsciiString ascii() {
        // Of its own length: what is checked in a part of an array is checked char by char.
        return new AsciiString(bytes, 0, length, true);
    }
}
