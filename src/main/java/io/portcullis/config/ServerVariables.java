package io.portcullis.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Composes {@code postgres.url} and {@code redis.url} from the families of variables that deployments use. Families that name the same
 * server may stand side by side; if they differ nobody can know which is meant, and that is a fault, unless {@code PORTCULLIS_*_URL}
 * decides. A part without its host is a fault too: it would otherwise start the embedded servers in place of the ones that were meant.
 */
final class ServerVariables {
    private static final String DEFAULT_NAME = "uois_gateway";

    private final Map<String, String> variables;
    private final Settings settings;

    ServerVariables(Map<String, String> variables, Settings settings) {
        this.variables = variables;
        this.settings = settings;
    }

    void read() {
        Map<String, PostgresUrl> databases = new LinkedHashMap<>();
        whole(databases, Keys.POSTGRES_URL, "DATABASE_URL", "");
        postgres(databases, "POSTGRES_E_", "DB", "");
        postgres(databases, "DB_", "NAME", "SSL_MODE");
        choose(Keys.POSTGRES_URL, databases);

        Map<String, RedisUrl> caches = new LinkedHashMap<>();
        whole(caches, Keys.REDIS_URL, "REDIS_URL", "");
        whole(caches, Keys.REDIS_URL, "REDIS_ADDR", "redis://");
        redis(caches);
        choose(Keys.REDIS_URL, caches);
    }

    private <T> void whole(Map<String, T> found, Key<T> key, String name, String before) {
        String text = variables.get(name);
        if (text != null) {
            compose(found, key, name, () -> key.type().reader().apply(List.of(before + text)));
        }
    }

    private void postgres(Map<String, PostgresUrl> found, String prefix, String database, String sslMode) {
        String host = variables.get(prefix + "HOST");
        if (host == null) {
            without(
                    Keys.POSTGRES_URL,
                    prefix + "HOST",
                    Stream.of("PORT", "USER", "PASSWORD", database, sslMode)
                            .filter(part -> !part.isEmpty())
                            .map(part -> prefix + part)
                            .toList());
            return;
        }
        Integer port = port(Keys.POSTGRES_URL, prefix + "PORT", PostgresUrl.DEFAULT_PORT);
        SslMode mode = sslMode(prefix + sslMode);
        if (port != null && mode != null) {
            String password = variables.get(prefix + "PASSWORD");
            compose(
                    found,
                    Keys.POSTGRES_URL,
                    prefix + "HOST",
                    () -> new PostgresUrl(
                            host.strip(),
                            port,
                            variables.getOrDefault(prefix + database, DEFAULT_NAME),
                            variables.getOrDefault(prefix + "USER", DEFAULT_NAME),
                            password == null ? null : new Secret(password),
                            mode));
        }
    }

    private void redis(Map<String, RedisUrl> found) {
        String host = variables.get("REDIS_HOST");
        if (host == null) {
            if (!variables.containsKey("REDIS_URL") && !variables.containsKey("REDIS_ADDR")) {
                without(Keys.REDIS_URL, "REDIS_HOST", List.of("REDIS_PORT"));
            }
            return;
        }
        Integer port = port(Keys.REDIS_URL, "REDIS_PORT", RedisUrl.DEFAULT_PORT);
        if (port != null) {
            compose(found, Keys.REDIS_URL, "REDIS_HOST", () -> new RedisUrl(host.strip(), port, null, null, 0, false));
        }
    }

    private void without(Key<?> key, String host, List<String> parts) {
        if (variables.containsKey(key.variable())) {
            return;
        }
        parts.stream()
                .filter(variables::containsKey)
                .findFirst()
                .ifPresent(part -> settings.fault(part, key, null, "means nothing without " + host));
    }

    private @Nullable Integer port(Key<?> key, String name, int otherwise) {
        String text = variables.get(name);
        if (text == null) {
            return otherwise;
        }
        if (!text.strip().matches("[1-9][0-9]{0,4}")) {
            // The key's value may hold a secret and would be masked; a port is none.
            settings.fault(new Fault(name, key.path(), text.strip(), "expected a port between 1 and 65535"));
            return null;
        }
        return Integer.valueOf(text.strip());
    }

    private @Nullable SslMode sslMode(String name) {
        try {
            String text = variables.get(name);
            return text == null ? PostgresUrl.DEFAULT_SSL_MODE : SslMode.parse(text.strip());
        } catch (IllegalArgumentException e) {
            settings.fault(name, Keys.POSTGRES_URL, null, String.valueOf(e.getMessage()));
            return null;
        }
    }

    private <T> void compose(Map<String, T> found, Key<T> key, String name, Supplier<T> url) {
        try {
            found.put(name, url.get());
        } catch (IllegalArgumentException e) {
            settings.fault(name, key, Secret.MASK, String.valueOf(e.getMessage()));
        }
    }

    private <T> void choose(Key<T> key, Map<String, T> found) {
        if (found.isEmpty() || variables.containsKey(key.variable())) {
            return;
        }
        Map.Entry<String, T> first = found.entrySet().iterator().next();
        if (Set.copyOf(found.values()).size() > 1) {
            String names = String.join(" and ", found.keySet());
            settings.fault(
                    first.getKey(), key, null, names + " name different servers; keep one, or set " + key.variable());
            return;
        }
        settings.put(key, first.getValue(), first.getKey());
    }
}
