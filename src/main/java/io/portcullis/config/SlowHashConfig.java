package io.portcullis.config;

/**
 * How much may be done at once to check secrets against bcrypt and argon2id hashes.
 *
 * @param threads checks at once
 * @param waiting checks that may wait
 * @param memory that all checks at once may take
 */
public record SlowHashConfig(int threads, int waiting, ByteSize memory) {

    public SlowHashConfig {
        new Checks("auth.slow-hash.")
                .between("threads", threads, 1, 64)
                .between("waiting", waiting, 1, 10_000)
                .between("memory", memory, ByteSize.parse("8MB"), ByteSize.parse("16GB"))
                .done();
    }
}
