package io.portcullis.cache;

import io.vertx.core.buffer.Buffer;
import java.util.List;

/** What a Redis server can answer in RESP2 (redis.io/docs/latest/develop/reference/protocol-spec). */
sealed interface Reply {

    /** The null bulk string or null array: there is no such thing. */
    enum Nil implements Reply {
        NIL
    }

    record Status(String text) implements Reply {
        static final Status OK = new Status("OK");
    }

    record Int(long value) implements Reply {}

    /** A value: its own copy, which shares no memory with the connection. */
    record Bulk(Buffer value) implements Reply {}

    record Items(List<Reply> items) implements Reply {}

    /** An error reply: its first word only, the rest may quote the command. */
    record Refusal(String code) implements Reply {}
}
