package io.portcullis.cache;

import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.ResponseType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The shapes of Redis' answers about streams, and what they mean. What is read here was looked at first. */
final class StreamReplies {

    private static final int STANDING_PARTS = 8;

    private StreamReplies() {}

    // --- shapes

    static boolean isId(@Nullable Response reply) {
        return isBulk(reply) && StreamId.parse(String.valueOf(reply)) != null;
    }

    /** One stream with its entries, or nothing. */
    static boolean isOneStream(@Nullable Response reply) {
        if (reply == null) {
            return true;
        }
        if (!isArray(reply, 1)) {
            return false;
        }
        Response stream = reply.get(0);
        return isArray(stream, 2) && isBulk(stream.get(0)) && areEntries(stream.get(1));
    }

    /** Each with its fields, or with nothing in their place, or nothing at all: an entry that is gone, from servers before Redis 7. */
    static boolean areEntries(@Nullable Response reply) {
        if (reply == null || reply.type() != ResponseType.MULTI) {
            return false;
        }
        for (int i = 0; i < reply.size(); i++) {
            Response entry = reply.get(i);
            if (entry != null && !(isArray(entry, 2) && isId(entry.get(0)) && areFields(entry.get(1)))) {
                return false;
            }
        }
        return true;
    }

    private static boolean areFields(@Nullable Response reply) {
        if (reply == null) {
            return true;
        }
        if (reply.type() != ResponseType.MULTI || reply.size() % 2 != 0) {
            return false;
        }
        for (int i = 0; i < reply.size(); i++) {
            if (!isBulk(reply.get(i))) {
                return false;
            }
        }
        return true;
    }

    static boolean arePending(@Nullable Response reply) {
        if (reply == null || reply.type() != ResponseType.MULTI) {
            return false;
        }
        for (int i = 0; i < reply.size(); i++) {
            Response one = reply.get(i);
            if (!isArray(one, 4)
                    || !isId(one.get(0))
                    || !isBulk(one.get(1))
                    || !isNumber(one.get(2))
                    || !isNumber(one.get(3))) {
                return false;
            }
        }
        return true;
    }

    static boolean isStanding(Response reply) {
        if (!isArray(reply, STANDING_PARTS)) {
            return false;
        }
        for (int i = 0; i < STANDING_PARTS; i++) {
            Response part = reply.get(i);
            boolean fits = i < 5 ? isNumber(part) : i == 5 ? isId(part) : part == null || isId(part);
            if (!fits) {
                return false;
            }
        }
        return true;
    }

    private static boolean isArray(@Nullable Response reply, int elements) {
        return reply != null && reply.type() == ResponseType.MULTI && reply.size() == elements;
    }

    private static boolean isBulk(@Nullable Response reply) {
        return reply != null && reply.type() == ResponseType.BULK;
    }

    private static boolean isNumber(@Nullable Response reply) {
        return reply != null && reply.type() == ResponseType.NUMBER;
    }

    // --- readings

    static StreamId id(@Nullable Response reply) {
        StreamId id = reply == null ? null : StreamId.parse(reply.toString());
        if (id == null) {
            throw new RedisFailure.Garbled("no name of an entry");
        }
        return id;
    }

    static List<StreamEntry> oneStream(@Nullable Response reply) {
        return reply == null ? List.of() : entries(reply.get(0).get(1));
    }

    /** Without those that are gone. */
    static List<StreamEntry> entries(@Nullable Response reply) {
        List<StreamEntry> entries = new ArrayList<>();
        for (int i = 0; reply != null && i < reply.size(); i++) {
            Response entry = reply.get(i);
            Response fields = entry == null ? null : entry.get(1);
            if (entry != null && fields != null) {
                entries.add(new StreamEntry(id(entry.get(0)), fields(fields)));
            }
        }
        return entries;
    }

    private static List<StreamEntry.Field> fields(Response reply) {
        List<StreamEntry.Field> fields = new ArrayList<>(reply.size() / 2);
        for (int i = 0; i < reply.size(); i += 2) {
            fields.add(new StreamEntry.Field(bytes(reply.get(i)), bytes(reply.get(i + 1))));
        }
        return fields;
    }

    private static Buffer bytes(Response bulk) {
        Buffer bytes = bulk.toBuffer();
        // The library has one buffer for all empty values.
        return bytes.length() == 0 ? Buffer.buffer() : bytes;
    }

    static List<PendingEntry> pending(@Nullable Response reply) {
        List<PendingEntry> pending = new ArrayList<>();
        for (int i = 0; reply != null && i < reply.size(); i++) {
            Response one = reply.get(i);
            pending.add(new PendingEntry(
                    id(one.get(0)),
                    one.get(1).toString(),
                    one.get(2).toLong(),
                    one.get(3).toLong()));
        }
        return pending;
    }

    static @Nullable GroupStanding standing(@Nullable Response reply) {
        if (reply == null) {
            return null;
        }
        long behind = reply.get(1).toLong();
        return new GroupStanding(
                reply.get(0).toLong(),
                behind < 0 ? null : behind,
                reply.get(2).toLong(),
                id(reply.get(5)),
                reply.get(6) == null ? null : id(reply.get(6)),
                reply.get(7) == null ? null : id(reply.get(7)),
                reply.get(3).toLong(),
                reply.get(4).toLong());
    }
}
