package io.portcullis.config;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A number of bytes. Written {@code 512}, {@code 16KB}, {@code 256MB}, {@code 2GB}; a KB is 1024 bytes. */
public record ByteSize(long bytes) {
    // Nine digits of gigabytes still fit in a long.
    private static final Pattern FORM = Pattern.compile("([0-9]{1,9})(B|KB|MB|GB)?");

    public ByteSize {
        if (bytes < 0) {
            throw new IllegalArgumentException("a size is not negative");
        }
    }

    /**
     * Reads a size; upper and lower case are the same.
     *
     * @throws IllegalArgumentException if the text is not a size
     */
    public static ByteSize parse(String text) {
        Matcher form = FORM.matcher(text.toUpperCase(Locale.ROOT));
        if (!form.matches()) {
            throw new IllegalArgumentException("expected a size such as 512, 16KB, 256MB or 2GB");
        }
        String unit = form.group(2);
        int shift = unit == null || unit.equals("B") ? 0 : unit.equals("KB") ? 10 : unit.equals("MB") ? 20 : 30;
        return new ByteSize(Long.parseLong(form.group(1)) << shift);
    }

    /** For interfaces that count in {@code int}. */
    public int toInt() {
        return Math.toIntExact(bytes);
    }

    /** In the largest unit that holds it exactly; {@link #parse} reads it back. */
    @Override
    public String toString() {
        if (bytes == 0 || bytes % 1024 != 0) {
            return Long.toString(bytes);
        }
        if (bytes % (1 << 20) != 0) {
            return (bytes >> 10) + "KB";
        }
        return bytes % (1 << 30) != 0 ? (bytes >> 20) + "MB" : (bytes >> 30) + "GB";
    }
}
