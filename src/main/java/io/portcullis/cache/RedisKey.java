package io.portcullis.cache;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;

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
        byte[] head = room.getBytes(StandardCharsets.UTF_8);
        byte[] both = new byte[head.length + tail.length];
        System.arraycopy(head, 0, both, 0, head.length);
        System.arraycopy(tail, 0, both, head.length, tail.length);
        return new RedisKey(both);
    }

    /** {@code hash:{hash}}: an entry that is found by the hash of what it belongs to. */
    public static RedisKey fromHash(String hash) {
        return of("hash:" + hash);
    }

    int length() {
        return bytes.length;
    }

    void writeTo(Buffer out) {
        out.appendBytes(bytes);
    }

    @Override
    public String toString() {
        return "RedisKey[" + bytes.length + " bytes]";
    }
}
