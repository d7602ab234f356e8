package io.portcullis.config;

import java.util.List;

/**
 * A valid configuration, and where each value of it comes from.
 *
 * @param settings every key there is, in the order of {@code conf/gateway.yaml}
 */
public record LoadedConfig(GatewayConfig config, List<Setting> settings) {
    public LoadedConfig {
        settings = List.copyOf(settings);
    }

    /** As YAML, each value with its source in a comment; secrets are masked, so it is for reading, not for loading. */
    public String render() {
        return YamlText.effective(settings);
    }
}
