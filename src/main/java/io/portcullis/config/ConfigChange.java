package io.portcullis.config;

import java.util.List;

/**
 * What a configuration that was read again means for a gateway that runs.
 *
 * @param inEffect what counts from now on: keys that need a restart are as they were
 * @param taken paths of the keys that changed in it
 * @param waiting paths of the keys that differ from what was read, and need a restart
 */
public record ConfigChange(LoadedConfig inEffect, List<String> taken, List<String> waiting) {
    public ConfigChange {
        taken = List.copyOf(taken);
        waiting = List.copyOf(waiting);
    }
}
