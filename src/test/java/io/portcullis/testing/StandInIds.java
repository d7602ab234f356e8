package io.portcullis.testing;

/** Ids of things that are made up from their index: UUIDs (of version 4, by form) whose order as text is that of the indices. */
final class StandInIds {

    private static final String PREFIX = "00000000-0000-4000-8000-";
    private static final int DIGITS = 12;

    private StandInIds() {}

    static String of(long index) {
        String hex = Long.toHexString(index);
        return PREFIX + "0".repeat(DIGITS - hex.length()) + hex;
    }

    /** The index of the first id that comes after this text; {@code Long.MAX_VALUE} where none does. */
    static long after(String text) {
        long index = indexOf(text);
        if (index >= 0) {
            return index + 1;
        }
        return text.compareTo(PREFIX) < 0 ? 0 : Long.MAX_VALUE;
    }

    /** -1 where it is none of these. */
    static long indexOf(String id) {
        if (id.length() != PREFIX.length() + DIGITS || !id.startsWith(PREFIX)) {
            return -1;
        }
        long index = 0;
        for (int i = PREFIX.length(); i < id.length(); i++) {
            int digit = "0123456789abcdef".indexOf(id.charAt(i));
            if (digit < 0) {
                return -1;
            }
            index = index << 4 | digit;
        }
        return index;
    }
}
