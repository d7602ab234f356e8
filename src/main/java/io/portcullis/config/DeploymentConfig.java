package io.portcullis.config;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;

import java.time.Duration;

/**
 * Which verticles this process runs, and how many of each.
 *
 * @param loopWarning an event loop that is held for longer is logged
 */
public record DeploymentConfig(
        Instances ingress,
        Instances cache,
        Instances store,
        Instances invalidation,
        Instances management,
        Instances adminEvents,
        Instances sync,
        Duration loopWarning) {
    private static final int MAX = 1024;

    public DeploymentConfig {
        new Checks("deployment.")
                .between("ingress.instances", ingress.on(1), 0, MAX)
                .between("cache.instances", cache.on(1), 0, MAX)
                .between("store.instances", store.on(1), 0, MAX)
                .between("loop-warning", loopWarning, ofMillis(10), ofMinutes(1))
                // One port, one server: a second instance would have nothing to add.
                .that(management.fixed() != null && management.on(1) <= 1, "must be 0 or 1", "management.instances")
                .that(
                        invalidation.fixed() != null && invalidation.on(1) <= 1,
                        "must be 0 or 1",
                        "invalidation.instances")
                .that(adminEvents.fixed() != null && adminEvents.on(1) <= 1, "must be 0 or 1", "admin-events.instances")
                .that(sync.fixed() != null && sync.on(1) <= 1, "must be 0 or 1", "sync.instances")
                // The bus delivers within the process only: a look-up that leaves a tier must find the next one here.
                .that(
                        !ingress.any() || cache.any(),
                        "must not be 0 where deployment.ingress.instances is not: ingress asks the cache in its own process",
                        "cache.instances",
                        "ingress.instances")
                .that(
                        !(ingress.any() || cache.any()) || store.any(),
                        "must not be 0 where deployment.ingress.instances or deployment.cache.instances is not: "
                                + "they ask the store in their own process",
                        "store.instances",
                        "ingress.instances",
                        "cache.instances")
                .that(
                        !(ingress.any() || cache.any()) || invalidation.any(),
                        "must not be 0 where deployment.ingress.instances or deployment.cache.instances is not: "
                                + "they rely on being told of changes in their own process",
                        "invalidation.instances",
                        "ingress.instances",
                        "cache.instances")
                .done();
    }

    /** Whether it runs anything but the sync, which runs only where there is somebody to compare with. */
    boolean runsAnything() {
        return ingress.any()
                || cache.any()
                || store.any()
                || invalidation.any()
                || management.any()
                || adminEvents.any();
    }
}
