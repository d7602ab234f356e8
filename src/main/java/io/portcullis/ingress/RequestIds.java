package io.portcullis.ingress;

import io.portcullis.auth.ApiKey;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/**
 * The id a request is known by in answers and logs. A caller's own is kept if it is a plain token and holds no key of ours; else one is
 * made: eight random digits of this event loop and a counter. Belongs to one event loop.
 */
final class RequestIds {

    private static final int MAX_LENGTH = 128;
    private static final byte[] DIGITS = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
    };

    private final byte[] next = new byte[16];
    private long count;

    RequestIds(SecureRandom random) {
        write(0, random.nextInt());
    }

    String of(@Nullable String given) {
        // Who puts his key there must not find it in our log.
        return given != null && isToken(given) && !ApiKey.isIn(given) ? given : make();
    }

    @SuppressWarnings("deprecation") // the one constructor that copies ASCII bytes without decoding them
    private String make() {
        write(8, (int) count++);
        return new String(next, 0);
    }

    private void write(int from, int value) {
        for (int i = 0; i < 8; i++) {
            next[from + i] = DIGITS[value >>> (28 - 4 * i) & 0xf];
        }
    }

    /** Safe in a header, in JSON and in a log line alike. */
    private static boolean isToken(String text) {
        int length = text.length();
        if (length == 0 || length > MAX_LENGTH) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            boolean ok = (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || c == '-'
                    || c == '_'
                    || c == '.'
                    || c == ':';
            if (!ok) {
                return false;
            }
        }
        return true;
    }
}
