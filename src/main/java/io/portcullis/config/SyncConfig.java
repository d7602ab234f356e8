package io.portcullis.config;

import java.time.LocalTime;

/**
 * When the registry is compared with the Admin Service.
 *
 * @param at time of day in UTC
 * @param pageSize clients that are asked for, compared and repaired at a time
 * @param firstStart whether a start that finds no client at all fetches them
 */
public record SyncConfig(LocalTime at, int pageSize, boolean firstStart) {
    public SyncConfig {
        new Checks("sync.").between("page-size", pageSize, 1, 10_000).done();
    }
}
