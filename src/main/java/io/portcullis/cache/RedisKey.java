package io.portcullis.cache;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The name of an entry, any bytes, without the prefix that {@link RedisCache} puts before it. Immutable; shows nothing of itself in logs. */
public final class RedisKey {

    private final byte[] bytes;

    private RedisKey(byte[] bytes) {
        this.bytes = bytes;
    }

    /** The key of these characters in UTF-8. */
    public static RedisKey of(String name) {
        return new RedisKey(name.getBytes(StandardCharsets.UTF_8));
    }

    /** The key of {@code room} in UTF-8 with {@code tail} right behind it, such as {@code client:key:} and a digest. */
    public static RedisKey of(String room, byte[] tail) {
        return new RedisKey(new RedisKey(tail).after(room.getBytes(StandardCharsets.UTF_8)));
    }

    /** The key of what is known by its hash: {@code hash:} and the hash, behind the prefix. */
    public static RedisKey fromHash(String hash) {
        return of("hash:" + hash);
    }

    byte[] after(byte[] prefix) {
        byte[] both = Arrays.copyOf(prefix, prefix.length + bytes.length);
        System.arraycopy(bytes, 0, both, prefix.length, bytes.length);
        return both;
    }

    @Override
    public String toString() {
        return "RedisKey[" + bytes.length + " bytes]";
    }
}
