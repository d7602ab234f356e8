package io.portcullis;

import io.portcullis.auth.ApiKey;
import io.portcullis.auth.Pepper;
import io.portcullis.bus.Deadline;
import io.portcullis.registry.Author;
import io.portcullis.registry.ClientDraft;
import io.portcullis.registry.KeyDraft;
import io.portcullis.registry.PgClientRegistry;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Somebody to try the gateway with, where the registry is empty, as it is at the first start. */
final class DemoClient {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private DemoClient() {}

    /** @return the client's key, which is stored nowhere; null where there are clients already */
    static @Nullable String createIfEmpty(PgClientRegistry registry, Pepper pepper) throws StartException {
        if (!Waiting.on("asking for clients", registry.isEmpty(Deadline.in(LIMIT)))) {
            return null;
        }
        String key = ApiKey.generate("demo", new SecureRandom());
        Waiting.on(
                "creating the demo client",
                registry.upsert(
                        ClientDraft.active(UUID.randomUUID().toString(), "demo"),
                        List.of(KeyDraft.of(key, pepper, "demo")),
                        Author.of("gateway"),
                        Deadline.in(LIMIT)));
        return key;
    }
}
