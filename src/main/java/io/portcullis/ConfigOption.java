package io.portcullis;

import io.portcullis.config.ConfigLoader;
import io.portcullis.config.ConfigSource;
import io.portcullis.config.LoadedConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --config}, for every command that reads the configuration. */
final class ConfigOption {

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description = "Configuration; without it, defaults and the environment.")
    private @Nullable Path file;

    /** @throws io.portcullis.config.ConfigException with all that is wrong */
    LoadedConfig load(Shell shell) {
        return ConfigLoader.load(file, shell.environment());
    }

    /** For who reads it more than once. */
    ConfigSource source(Shell shell) {
        return new ConfigSource(file, shell.environment());
    }
}
