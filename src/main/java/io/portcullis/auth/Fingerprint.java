package io.portcullis.auth;

/**
 * What the near cache finds a whole credential by: SipHash-2-4-128 under a random key of this process (see {@link Fingerprinter}). It
 * never leaves the process.
 */
public record Fingerprint(long high, long low) {

    @Override
    public int hashCode() {
        return Long.hashCode(low);
    }
}
