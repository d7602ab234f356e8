package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A Lua script that answers with a whole number or nothing. Sent by its digest; where the server does not know that (it was restarted, or a
 * replica took over) by its text, which makes it known.
 */
final class RedisScript {

    private final String text;
    private final String digest;

    RedisScript(String text) {
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

    /** @param keys all in one slot */
    Future<@Nullable Long> run(RedisCache cache, List<RedisKey> keys, List<String> arguments, Deadline deadline) {
        return cache.run(command(cache, Command.EVALSHA, digest, keys, arguments), deadline)
                .recover(failure -> failure instanceof RedisFailure.Refused refused
                                && refused.code().equals("NOSCRIPT")
                        ? cache.run(command(cache, Command.EVAL, text, keys, arguments), deadline)
                        : Future.failedFuture(failure));
    }

    private static Typed<@Nullable Long> command(
            RedisCache cache, Command command, String script, List<RedisKey> keys, List<String> arguments) {
        Request request = Request.cmd(command).arg(script).arg(keys.size());
        keys.forEach(key -> request.arg(cache.commands().name(key)));
        arguments.forEach(request::arg);
        byte[] first = cache.commands().name(keys.get(0));
        return new Typed<>(
                new RedisCommand(RedisOperation.SCRIPT, request, first),
                reply -> reply == null ? null : reply.toLong());
    }
}
