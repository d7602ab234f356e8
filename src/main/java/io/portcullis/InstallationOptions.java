package io.portcullis;

import io.portcullis.auth.Pepper;
import io.portcullis.config.LoadedConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code --config} and {@code --data}: which installation a command works on. */
final class InstallationOptions {

    @Mixin
    private final ConfigOption configuration = new ConfigOption();

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Data folder of a running gateway with embedded servers; without it, embedded.data (./data).")
    private @Nullable Path data;

    /**
     * @throws CommandException there is none, and what to do
     * @throws io.portcullis.config.ConfigException the configuration cannot be used
     */
    Installation find(Shell shell) throws CommandException {
        LoadedConfig loaded = configuration.load(shell);
        return Installation.find(loaded.config(), data);
    }

    /** As {@link #find}, but content with the pepper: no gateway need run. */
    Pepper pepper(Shell shell) throws CommandException {
        return Installation.pepper(configuration.load(shell).config(), data);
    }
}
