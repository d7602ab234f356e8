package io.portcullis.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What a running gateway takes over from a configuration that was read again. The one place that knows which keys those are: to add one,
 * name it here, have the composition root apply it, and give it a probe in the test of reloading.
 */
final class Reloading {

    private static final Set<Key<?>> TAKEN_OVER = Set.of(
            Keys.SERVER_REQUEST_TIMEOUT,
            Keys.POSTGRES_SLOW_QUERY,
            Keys.REDIS_SLOW_COMMAND,
            Keys.AUTH_TRUSTED_PROXIES,
            Keys.AUTH_FORWARDED_HEADER,
            Keys.AUTH_PROXY_CACHE,
            Keys.AUTH_SCHEMES,
            Keys.FRESHNESS_GRACE);

    private Reloading() {}

    static boolean takesOver(Key<?> key) {
        return TAKEN_OVER.contains(key);
    }

    /**
     * What is in effect from now on: the reloaded keys as they were read, all others as they were. Neither is at fault by itself; together
     * they may be, where one key is held against another that needs a restart. Then nothing is taken over.
     *
     * @throws ConfigException if the two do not go together
     */
    static ConfigChange between(LoadedConfig inEffect, LoadedConfig read) {
        Settings together = new Settings();
        List<String> taken = new ArrayList<>();
        List<String> left = new ArrayList<>();
        for (int i = 0; i < Keys.all().size(); i++) {
            Key<?> key = Keys.all().get(i);
            Setting before = inEffect.settings().get(i);
            Setting after = read.settings().get(i);
            boolean takesOver = takesOver(key);
            put(together, key, takesOver ? after : before);
            if (!Objects.equals(before.value(), after.value())) {
                (takesOver ? taken : left).add(key.path());
            }
        }
        return new ConfigChange(ConfigLoader.finish(together, true), taken, left);
    }

    @SuppressWarnings("unchecked") // the setting of this key holds what its type has read
    private static <T> void put(Settings together, Key<T> key, Setting setting) {
        Object value = setting.value();
        // A default counts as not given: a fault is told where somebody wrote something.
        if (value != null && !setting.source().equals(Settings.DEFAULT)) {
            together.put(key, (T) value, setting.source());
        }
    }
}
