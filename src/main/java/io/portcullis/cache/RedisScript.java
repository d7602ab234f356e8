package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A Lua script. Sent by its digest; where the server does not know that (it was restarted, or a replica took over) by its text, which makes
 * it known.
 */
public final class RedisScript {

    private final String text;
    private final String digest;

    /** @param text in Lua 5.1, as Redis runs it */
    public RedisScript(String text) {
        this.text = text;
        try {
            digest = HexFormat.of()
                    .formatHex(
                            // The name by which Redis knows it, not a protection.
                            MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-1", e);
        }
    }

    /**
     * For a script that answers with whole numbers. Fails with a {@link RedisFailure} only; then it is not known whether it has run.
     *
     * @param keys at least one, all in one slot
     */
    public Future<List<Long>> numbers(
            RedisCache cache, List<RedisKey> keys, List<String> arguments, Deadline deadline) {
        return run(
                cache.measured(),
                new Call<>(
                        RedisOperation.SCRIPT_NUMBERS,
                        keys.stream().map(cache.commands()::name).toList(),
                        arguments,
                        RedisScript::numbers),
                deadline);
    }

    private static List<Long> numbers(@Nullable Response reply) {
        List<Long> numbers = new ArrayList<>();
        if (reply != null) {
            reply.forEach(number -> numbers.add(number.toLong()));
        }
        return numbers;
    }

    /**
     * For a script that answers with a whole number or nothing.
     *
     * @param names of keys, all in one slot
     */
    Future<@Nullable Long> run(MeasuredLink link, List<byte[]> names, List<String> arguments, Deadline deadline) {
        return run(
                link,
                new Call<>(RedisOperation.SCRIPT, names, arguments, reply -> reply == null ? null : reply.toLong()),
                deadline);
    }

    <T extends @Nullable Object> Future<T> run(MeasuredLink link, Call<T> call, Deadline deadline) {
        return link.run(command(Command.EVALSHA, digest, call), deadline)
                .recover(failure -> failure instanceof RedisFailure.Refused refused
                                && refused.code().equals("NOSCRIPT")
                        ? link.run(command(Command.EVAL, text, call), deadline)
                        : Future.failedFuture(failure));
    }

    /**
     * What a script is given, and what its answer means.
     *
     * @param operation says which shapes the answer may have
     * @param names of keys, all in one slot
     */
    record Call<T extends @Nullable Object>(
            RedisOperation operation,
            List<byte[]> names,
            List<String> arguments,
            Function<@Nullable Response, T> reading) {}

    private static <T extends @Nullable Object> Typed<T> command(Command command, String script, Call<T> call) {
        Request request = Request.cmd(command).arg(script).arg(call.names().size());
        call.names().forEach(request::arg);
        call.arguments().forEach(request::arg);
        return new Typed<>(
                new RedisCommand(call.operation(), request, call.names().get(0)), call.reading());
    }
}
