package io.portcullis.config;

import java.nio.file.Path;

/**
 * The servers that ship in the jar; used when neither {@code postgres.url} nor {@code redis.url} is set.
 *
 * @param data the folder that keeps their data and the secrets made at first start
 * @param demoClient whether the first start makes a client to try things with
 */
public record EmbeddedConfig(Path data, boolean demoClient) {
    public EmbeddedConfig {
        new Checks("embedded.")
                .that(!data.toString().isBlank(), "must name a folder", "data")
                .done();
    }
}
