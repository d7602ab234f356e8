package io.portcullis.accounts;

import io.portcullis.auth.ApiKey;
import io.portcullis.auth.Pepper;
import io.vertx.core.buffer.Buffer;
import java.security.SecureRandom;
import java.util.UUID;

/**
 * A key that was just made. Only here is it whole.
 *
 * @param prefix what a person may see of it
 */
record NewKey(String keyId, String key, Buffer digest, String pepperId, String prefix) {

    static NewKey generate(String environment, Pepper pepper, SecureRandom random) {
        String key = ApiKey.generate(environment, random);
        return new NewKey(
                UUID.randomUUID().toString(),
                key,
                Buffer.buffer(pepper.digest(key).bytes()),
                pepper.id(),
                ApiKey.recognisablePrefix(key));
    }

    /** Without the key. */
    @Override
    public String toString() {
        return prefix + "…";
    }
}
