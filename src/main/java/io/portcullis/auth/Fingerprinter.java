package io.portcullis.auth;

import java.security.SecureRandom;

/**
 * SipHash-2-4 with 128 bits of output (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012; the 128-bit variant as in the
 * authors' reference code) over a credential: one byte for the scheme, then each part framed by its length. A keyed PRF: who does not
 * know the key of this process can neither find two credentials that collide nor learn anything from how long a look-up takes.
 *
 * <p>The measurement decided it against HMAC-SHA-256, the digest of the slower tiers: about 60 ns a key against 600. Text is hashed one
 * byte a character, which loses nothing: credentials are ISO 8859-1 by the time they come here ({@link Credentials}).
 *
 * <p>Thread-safe; allocates the result and nothing else.
 */
public final class Fingerprinter {

    private static final byte KEY_SCHEME = 1;
    private static final byte SECRET_SCHEME = 2;

    private final long k0;
    private final long k1;

    Fingerprinter(long k0, long k1) {
        this.k0 = k0;
        this.k1 = k1;
    }

    public static Fingerprinter create(SecureRandom random) {
        return new Fingerprinter(random.nextLong(), random.nextLong());
    }

    public Fingerprint of(Credential credential) {
        State state = new State(k0, k1);
        if (credential instanceof Credential.Key key) {
            state.add(KEY_SCHEME);
            state.addFramed(key.value());
        } else if (credential instanceof Credential.ClientSecret secret) {
            state.add(SECRET_SCHEME);
            state.addFramed(secret.clientId());
            state.addFramed(secret.secret());
        }
        return state.finish();
    }

    /** The bare function over bytes, for the authors' test vectors. */
    Fingerprint of(byte[] bytes) {
        State state = new State(k0, k1);
        for (byte b : bytes) {
            state.add(b);
        }
        return state.finish();
    }

    /** Escape analysis keeps it on the stack. */
    private static final class State {
        private long v0;
        private long v1;
        private long v2;
        private long v3;
        private long word;
        private int length;

        State(long k0, long k1) {
            v0 = k0 ^ 0x736f6d6570736575L;
            v1 = k1 ^ 0x646f72616e646f6dL ^ 0xee;
            v2 = k0 ^ 0x6c7967656e657261L;
            v3 = k1 ^ 0x7465646279746573L;
        }

        void add(byte b) {
            word |= (b & 0xffL) << ((length & 7) << 3);
            if ((++length & 7) == 0) {
                compress(word);
                word = 0;
            }
        }

        void addFramed(String text) {
            int count = text.length();
            add((byte) (count >>> 8));
            add((byte) count);
            for (int i = 0; i < count; i++) {
                add((byte) text.charAt(i));
            }
        }

        Fingerprint finish() {
            compress(word | (long) length << 56);
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
