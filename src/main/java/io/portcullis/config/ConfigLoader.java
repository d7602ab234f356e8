package io.portcullis.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Loads the configuration: defaults, then a YAML file, then the environment, each overriding the one before. */
public final class ConfigLoader {
    private ConfigLoader() {}

    /**
     * Reads files; not for an event loop.
     *
     * @param file {@code null} for none: no file is looked for
     * @param environment as of {@link System#getenv()}
     * @throws ConfigException with all that is wrong
     */
    public static LoadedConfig load(@Nullable Path file, Map<String, String> environment) {
        Settings settings = new Settings();
        boolean read = file == null || new YamlSource(file, settings).read();
        return finish(settings, read, environment);
    }

    /** The same for content that is at hand already; the file only names it. */
    static LoadedConfig load(Path file, byte[] content, Map<String, String> environment) {
        Settings settings = new Settings();
        return finish(settings, new YamlSource(file, settings).read(content), environment);
    }

    private static LoadedConfig finish(Settings settings, boolean read, Map<String, String> environment) {
        new EnvironmentSource(environment, settings).read();
        return finish(settings, read);
    }

    /** Builds the records, or tells all that stands against it. */
    static LoadedConfig finish(Settings settings, boolean read) {
        // Without the file, what the records miss says nothing.
        GatewayConfig config = read ? assemble(settings) : null;
        if (config == null || !settings.faults().isEmpty()) {
            throw new ConfigException(settings.faults());
        }
        return new LoadedConfig(config, effective(settings));
    }

    /** A commented file with every key and its default: the text of {@code conf/gateway.yaml}. */
    public static String template() {
        return YamlText.commented();
    }

    /**
     * A record throws when built, and hides what is wrong with the next ones. So the keys it complained of go back to their defaults, and
     * all is built again, until it succeeds or nothing new comes up.
     */
    private static @Nullable GatewayConfig assemble(Settings settings) {
        while (true) {
            try {
                return Assembly.of(settings);
            } catch (InvalidSettingException e) {
                if (!settings.fault(e.problems())) {
                    return null;
                }
            }
        }
    }

    private static List<Setting> effective(Settings settings) {
        List<Setting> all = new ArrayList<>();
        for (Key<?> key : Keys.all()) {
            Object value = settings.orNull(key);
            List<String> shown = value == null ? null : key.show(value);
            all.add(new Setting(
                    key.path(), value, shown, key.type().list(), settings.source(key), Reloading.takesOver(key)));
        }
        return all;
    }
}
