package io.portcullis.auth;

import java.security.SecureRandom;

/**
 * SipHash-2-4 with 128 bits of output (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012; the 128-bit variant as in the
 * authors' reference code) over a credential: scheme, then the parts framed by their lengths. A keyed PRF: who does not
 * know the key of this process can neither find two credentials that collide nor learn anything from how long a look-up takes.
 *
 * <p>Chosen for the warm path in place of HMAC-SHA-256, the digest of the slower tiers: about 75 ns a key (JMH,
 * {@code DecisionBenchmark.fingerprint}). The two were not measured side by side. Text is hashed one byte a character, which loses nothing: credentials are ISO 8859-1 by the time they come here ({@link Credentials}).
 *
 * <p>Thread-safe; allocates the result and nothing else.
 */
public final class Fingerprinter {

    private static final long KEY_SCHEME = 1;
    private static final long SECRET_SCHEME = 2;
    private static final long CERTIFICATE_SCHEME = 3;

    private final long k0;
    private final long k1;

    Fingerprinter(long k0, long k1) {
        this.k0 = k0;
        this.k1 = k1;
    }

    public static Fingerprinter create(SecureRandom random) {
        return new Fingerprinter(random.nextLong(), random.nextLong());
    }

    /**
     * The fingerprint. What is hashed: one word with the scheme and the lengths of the parts, then the characters of each part, eight to a
     * word, the last word of a part filled with zeros. Two different credentials never make the same words.
     */
    public Fingerprint of(Credential credential) {
        State state = new State(k0, k1);
        if (credential instanceof Credential.Key key) {
            state.word(KEY_SCHEME | (long) key.value().length() << 8);
            state.text(key.value());
        } else if (credential instanceof Credential.ClientSecret pair) {
            state.word(SECRET_SCHEME
                    | (long) pair.clientId().length() << 8
                    | (long) pair.secret().length() << 32);
            state.text(pair.clientId());
            state.text(pair.secret());
        } else if (credential instanceof Credential.Certificate certificate) {
            state.word(CERTIFICATE_SCHEME | (long) certificate.name().length() << 8);
            state.text(certificate.name());
        }
        return state.finish(0, 0);
    }

    /** The bare function over bytes, for the authors' test vectors. */
    Fingerprint of(byte[] bytes) {
        State state = new State(k0, k1);
        long word = 0;
        for (int i = 0; i < bytes.length; i++) {
            word |= (bytes[i] & 0xffL) << ((i & 7) << 3);
            if ((i & 7) == 7) {
                state.word(word);
                word = 0;
            }
        }
        return state.finish(word, bytes.length & 7);
    }

    /** Escape analysis keeps it on the stack. */
    private static final class State {
        private long v0;
        private long v1;
        private long v2;
        private long v3;
        private int length;

        State(long k0, long k1) {
            v0 = k0 ^ 0x736f6d6570736575L;
            v1 = k1 ^ 0x646f72616e646f6dL ^ 0xee;
            v2 = k0 ^ 0x6c7967656e657261L;
            v3 = k1 ^ 0x7465646279746573L;
        }

        void word(long m) {
            compress(m);
            length += 8;
        }

        void text(String text) {
            int count = text.length();
            int i = 0;
            for (; i + 8 <= count; i += 8) {
                word(text.charAt(i)
                        | (long) text.charAt(i + 1) << 8
                        | (long) text.charAt(i + 2) << 16
                        | (long) text.charAt(i + 3) << 24
                        | (long) text.charAt(i + 4) << 32
                        | (long) text.charAt(i + 5) << 40
                        | (long) text.charAt(i + 6) << 48
                        | (long) text.charAt(i + 7) << 56);
            }
            if (i < count) {
                long rest = 0;
                for (int shift = 0; i < count; i++, shift += 8) {
                    rest |= (long) text.charAt(i) << shift;
                }
                word(rest);
            }
        }

        /** @param rest the bytes after the last whole word, so many, at most seven */
        Fingerprint finish(long rest, int restLength) {
            compress(rest | (long) (length + restLength) << 56);
            v2 ^= 0xee;
            rounds(4);
            long first = v0 ^ v1 ^ v2 ^ v3;
            v1 ^= 0xdd;
            rounds(4);
            return new Fingerprint(v0 ^ v1 ^ v2 ^ v3, first);
        }

        private void compress(long m) {
            v3 ^= m;
            rounds(2);
            v0 ^= m;
        }

        private void rounds(int count) {
            for (int i = 0; i < count; i++) {
                v0 += v1;
                v2 += v3;
                v1 = Long.rotateLeft(v1, 13) ^ v0;
                v3 = Long.rotateLeft(v3, 16) ^ v2;
                v0 = Long.rotateLeft(v0, 32);
                v2 += v1;
                v0 += v3;
                v1 = Long.rotateLeft(v1, 17) ^ v2;
                v3 = Long.rotateLeft(v3, 21) ^ v0;
                v2 = Long.rotateLeft(v2, 32);
            }
        }
    }
}
