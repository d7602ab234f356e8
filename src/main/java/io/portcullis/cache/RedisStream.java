package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One stream. Its name is taken as it is, without {@code redis.prefix}: unlike what we cache, it is agreed with who writes into it. Every
 * future fails with a {@link RedisFailure} only. Use it on its link's event loop. Needs Redis 6.2 or newer.
 */
public final class RedisStream {

    private final MeasuredLink link;
    private final byte[] name;

    /** The stream of that name, whether or not there is one. */
    public RedisStream(RedisLink link, String name, RedisMeters meters) {
        this.link = new MeasuredLink(link, meters);
        this.name = name.getBytes(StandardCharsets.UTF_8);
    }

    /** A consumer group of this stream, whether or not there is one. */
    public StreamGroup group(String group) {
        return new StreamGroup(this, link, group);
    }

    /**
     * Adds an entry at the end; its name.
     *
     * @param fields at least one
     */
    public Future<StreamId> add(List<StreamEntry.Field> fields, Deadline deadline) {
        return add(Request.cmd(Command.XADD).arg(name), fields, deadline);
    }

    /**
     * As {@link #add}, and lets the oldest entries go so that about so many stay: more by as many as Redis keeps together (100).
     *
     * @param most at least 1
     */
    public Future<StreamId> addWithin(long most, List<StreamEntry.Field> fields, Deadline deadline) {
        return add(Request.cmd(Command.XADD).arg(name).arg("MAXLEN").arg("~").arg(most), fields, deadline);
    }

    private Future<StreamId> add(Request add, List<StreamEntry.Field> fields, Deadline deadline) {
        if (fields.isEmpty()) {
            throw new IllegalArgumentException("An entry has at least one field");
        }
        add.arg("*");
        fields.forEach(field -> add.arg(field.name()).arg(field.value()));
        return link.run(of(RedisOperation.STREAM_ADD, add, StreamReplies::id), deadline);
    }

    /** Entries behind this one, oldest first, so many at most. */
    public Future<List<StreamEntry>> after(StreamId last, int count, Deadline deadline) {
        return range("(" + last, "+", count, deadline);
    }

    /** The entry of this name; null if there is none. */
    public Future<@Nullable StreamEntry> find(StreamId id, Deadline deadline) {
        return range(id.toString(), id.toString(), 1, deadline).map(found -> found.isEmpty() ? null : found.get(0));
    }

    private Future<List<StreamEntry>> range(String from, String to, int count, Deadline deadline) {
        Request range = Request.cmd(Command.XRANGE)
                .arg(name)
                .arg(from)
                .arg(to)
                .arg("COUNT")
                .arg(count);
        return link.run(of(RedisOperation.STREAM_RANGE, range, StreamReplies::entries), deadline);
    }

    /** Takes entries out; how many of them there were. */
    public Future<Long> remove(List<StreamId> ids, Deadline deadline) {
        if (ids.isEmpty()) {
            return Future.succeededFuture(0L);
        }
        Request delete = Request.cmd(Command.XDEL).arg(name);
        ids.forEach(id -> delete.arg(id.toString()));
        return link.run(of(RedisOperation.STREAM_DELETE, delete, RedisCommands::number), deadline);
    }

    /** How many entries there are; 0 without a stream. */
    public Future<Long> length(Deadline deadline) {
        Request length = Request.cmd(Command.XLEN).arg(name);
        return link.run(of(RedisOperation.STREAM_LENGTH, length, RedisCommands::number), deadline);
    }

    byte[] name() {
        return name;
    }

    <T extends @Nullable Object> Typed<T> of(
            RedisOperation operation, Request request, Function<@Nullable Response, T> reading) {
        return new Typed<>(new RedisCommand(operation, request, name), reading);
    }
}
