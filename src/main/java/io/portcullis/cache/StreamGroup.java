package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A consumer group of a stream: each entry is given to one of its consumers, and is pending until somebody acknowledges it. Where the group
 * or the stream is gone, all but {@link #create}, {@link #standing} and {@link #acknowledge} fail with {@link RedisFailure.Refused} of code
 * {@code NOGROUP}. As for threads and failures, see {@link RedisStream}.
 */
public final class StreamGroup {

    /**
     * One script, so that all figures are of one moment, and so that no payload crosses the network for the sake of a name.
     *
     * <p>What went lost follows from Redis' counters (Redis 7): entries ever added, less those that the group has read, less those that are
     * there and unread. The last is known only while nothing that was read stands before them in the stream, or nothing is unread. The
     * counter of what was read does not know of entries that went unread; it is set right here, so that each is told of once, and Redis' own
     * lag is true afterwards.
     */
    private static final RedisScript STANDING = new RedisScript("""
            if redis.call('TYPE', KEYS[1]).ok ~= 'stream' then
              return false
            end
            local function fields(flat)
              local named = {}
              for i = 1, #flat, 2 do
                named[flat[i]] = flat[i + 1]
              end
              return named
            end
            -- Decimals without leading zeros: the longer one is larger. As numbers they would be rounded.
            local function part(a, b)
              if #a ~= #b then
                return #a < #b and -1 or 1
              end
              return a == b and 0 or (a < b and -1 or 1)
            end
            local function order(a, b)
              local am, as = string.match(a, '^(%d+)-(%d+)$')
              local bm, bs = string.match(b, '^(%d+)-(%d+)$')
              local millis = part(am, bm)
              return millis ~= 0 and millis or part(as, bs)
            end
            local group = nil
            for _, flat in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
              local one = fields(flat)
              if one['name'] == ARGV[1] then
                group = one
              end
            end
            if not group then
              return false
            end
            local stream = fields(redis.call('XINFO', 'STREAM', KEYS[1]))
            local last = group['last-delivered-id']
            local first = stream['first-entry'] and stream['first-entry'][1]
            local behind = -1
            local counted = true
            if order(last, stream['last-generated-id']) >= 0 then
              behind = 0
            elseif not first then
              behind = 0
            elseif order(first, last) > 0 then
              behind = stream['length']
            else
              counted = false
              if type(group['lag']) == 'number' then
                behind = group['lag']
              end
            end
            local lost = 0
            local added = stream['entries-added']
            if counted and added then
              local should = added - behind
              local read = group['entries-read']
              if read ~= should then
                local set = redis.pcall('XGROUP', 'SETID', KEYS[1], ARGV[1], last, 'ENTRIESREAD', should)
                if set.ok and type(read) == 'number' and read < should then
                  lost = should - read
                end
              end
            end
            local unread = false
            if behind ~= 0 then
              local next = redis.call('XRANGE', KEYS[1], '(' .. last, '+', 'COUNT', 1)
              unread = next[1] and next[1][1] or false
            end
            local pending = redis.call('XPENDING', KEYS[1], ARGV[1])
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            return {stream['length'], behind, pending[1], lost, now, last, pending[2], unread}
            """);

    /** Takes out consumers that nothing is pending for, in one step: with one that was given something meanwhile, that would go, too. */
    private static final RedisScript FORGET = new RedisScript("""
            local count = 0
            for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
              local one = {}
              for i = 1, #flat, 2 do
                one[flat[i]] = flat[i + 1]
              end
              if one['pending'] == 0 and one['idle'] >= tonumber(ARGV[2])
                  and (ARGV[3] == '' or ARGV[3] == one['name']) then
                redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], one['name'])
                count = count + 1
              end
            end
            return count
            """);

    private static final String ANYBODY = "";

    private final RedisStream stream;
    private final MeasuredLink link;
    private final String name;

    StreamGroup(RedisStream stream, MeasuredLink link, String name) {
        this.stream = stream;
        this.link = link;
        this.name = name;
    }

    /** Makes the group, which will be given all that is in the stream, and the stream, where there is none. Whether there was no group. */
    public Future<Boolean> create(Deadline deadline) {
        Request create = Request.cmd(Command.XGROUP)
                .arg("CREATE")
                .arg(stream.name())
                .arg(name)
                .arg("0")
                .arg("MKSTREAM");
        return link.run(stream.of(RedisOperation.STREAM_GROUP, create, reply -> true), deadline)
                .recover(failure ->
                        isCode(failure, "BUSYGROUP") ? Future.succeededFuture(false) : Future.failedFuture(failure));
    }

    /** Whether the failure says that there is no such group, or no such stream. */
    public static boolean isMissing(Throwable failure) {
        return isCode(failure, "NOGROUP");
    }

    private static boolean isCode(Throwable failure, String code) {
        return failure instanceof RedisFailure.Refused refused && refused.code().equals(code);
    }

    /**
     * Entries that nobody of the group was given yet, oldest first; none if none came in time. They are pending from then on. The connection
     * answers nothing else meanwhile: this wants a link of its own.
     *
     * @param count so many at most
     * @param block how long Redis waits for one; 1 ms to {@link RedisLinks#longestBlock}
     */
    public Future<List<StreamEntry>> readNew(String consumer, int count, Duration block, Deadline deadline) {
        long millis = block.toMillis();
        if (millis < 1) {
            throw new IllegalArgumentException("0 ms would be for ever");
        }
        Request read = Request.cmd(Command.XREADGROUP)
                .arg("GROUP")
                .arg(name)
                .arg(consumer)
                .arg("COUNT")
                .arg(count)
                .arg("BLOCK")
                .arg(millis)
                .arg("STREAMS")
                .arg(stream.name())
                .arg(">");
        return link.run(stream.of(RedisOperation.STREAM_READ, read, StreamReplies::oneStream), deadline);
    }

    /** What is pending and was given to nobody for so long, oldest first, so many at most. */
    public Future<List<PendingEntry>> pending(Duration minIdle, int count, Deadline deadline) {
        Request pending = Request.cmd(Command.XPENDING)
                .arg(stream.name())
                .arg(name)
                .arg("IDLE")
                .arg(minIdle.toMillis())
                .arg("-")
                .arg("+")
                .arg(count);
        return link.run(stream.of(RedisOperation.STREAM_PENDING, pending, StreamReplies::pending), deadline);
    }

    /**
     * Gives pending entries to this consumer, each of which was given to nobody for so long. That counts as a delivery.
     *
     * @param ids looked for one by one where they do not come back
     */
    public Future<Claimed> claim(String consumer, Duration minIdle, List<StreamId> ids, Deadline deadline) {
        if (ids.isEmpty()) {
            return Future.succeededFuture(new Claimed(List.of(), List.of()));
        }
        Request claim = Request.cmd(Command.XCLAIM)
                .arg(stream.name())
                .arg(name)
                .arg(consumer)
                .arg(minIdle.toMillis());
        ids.forEach(id -> claim.arg(id.toString()));
        return link.run(stream.of(RedisOperation.STREAM_CLAIM, claim, StreamReplies::entries), deadline)
                .compose(entries -> gone(ids, entries, deadline).map(gone -> new Claimed(entries, gone)));
    }

    /** Those that were claimed in vain and are not in the stream. */
    private Future<List<StreamId>> gone(List<StreamId> ids, List<StreamEntry> found, Deadline deadline) {
        Set<StreamId> missing = new HashSet<>(ids);
        found.forEach(entry -> missing.remove(entry.id()));
        List<Future<@Nullable StreamId>> looked = missing.stream()
                .sorted()
                .map(id -> stream.find(id, deadline).<@Nullable StreamId>map(entry -> entry == null ? id : null))
                .toList();
        return Future.join(looked)
                .map(all -> looked.stream()
                        .map(Future::result)
                        .filter(java.util.Objects::nonNull)
                        .toList());
    }

    /** Entries that are done with; how many of them were pending. */
    public Future<Long> acknowledge(List<StreamId> ids, Deadline deadline) {
        if (ids.isEmpty()) {
            return Future.succeededFuture(0L);
        }
        Request acknowledge = Request.cmd(Command.XACK).arg(stream.name()).arg(name);
        ids.forEach(id -> acknowledge.arg(id.toString()));
        return link.run(stream.of(RedisOperation.STREAM_ACK, acknowledge, RedisCommands::number), deadline);
    }

    /** Where the group stands; null if there is none. Entries that went lost are told of once, to whoever asks first. */
    public Future<@Nullable GroupStanding> standing(Deadline deadline) {
        RedisScript.Call<@Nullable GroupStanding> call = new RedisScript.Call<>(
                RedisOperation.STREAM_STANDING, List.of(stream.name()), List.of(name), StreamReplies::standing);
        return STANDING.run(link, call, deadline);
    }

    /** Takes this consumer out unless something is pending for it; whether it did. */
    public Future<Boolean> removeConsumer(String consumer, Deadline deadline) {
        return forget(consumer, Duration.ZERO, deadline).map(count -> count > 0);
    }

    /** Takes out every consumer that has not asked for anything for so long, and that nothing is pending for; how many that were. */
    public Future<Long> removeIdleConsumers(Duration idle, Deadline deadline) {
        return forget(ANYBODY, idle, deadline);
    }

    private Future<Long> forget(String consumer, Duration idle, Deadline deadline) {
        return FORGET.run(
                        link, List.of(stream.name()), List.of(name, Long.toString(idle.toMillis()), consumer), deadline)
                .map(count -> count == null ? 0 : count);
    }
}
