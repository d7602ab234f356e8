package io.portcullis.embedded;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The platforms whose servers are in the jar. */
enum Platform {
    LINUX_AMD64("linux-x86_64", "linux-amd64", "/lib64/ld-linux-x86-64.so.2"),
    LINUX_ARM64("linux-arm_64", "linux-arm64", "/lib/ld-linux-aarch64.so.1"),
    MAC_ARM64("darwin-arm_64", "darwin-arm64", null);

    static final String REDIS_VERSION = "7.0.15";
    private static final String INSTEAD =
            "the embedded PostgreSQL and Redis exist for Linux on x86-64 (glibc), Linux on arm64 (glibc) and"
                    + " macOS on arm64: set postgres.url and redis.url to servers of your own instead";

    private final String postgres;
    private final String redis;
    private final @Nullable Path loader;

    Platform(String postgres, String redis, @Nullable String loader) {
        this.postgres = postgres;
        this.redis = redis;
        this.loader = loader == null ? null : Path.of(loader);
    }

    static Platform current() throws EmbeddedException {
        Platform platform = of(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
        // The PostgreSQL programs are linked against glibc; on a musl system they fail with a bare "not found".
        if (platform.loader != null && !Files.exists(platform.loader)) {
            throw new EmbeddedException("this Linux has no glibc (" + platform.loader + " is missing); " + INSTEAD);
        }
        return platform;
    }

    static Platform of(String osName, String osArch) throws EmbeddedException {
        String os = osName.toLowerCase(Locale.ROOT);
        String arch = osArch.toLowerCase(Locale.ROOT);
        boolean arm = arch.equals("aarch64") || arch.equals("arm64");
        if (os.startsWith("linux") && (arch.equals("amd64") || arch.equals("x86_64"))) {
            return LINUX_AMD64;
        }
        if (os.startsWith("linux") && arm) {
            return LINUX_ARM64;
        }
        if (os.startsWith("mac") && arm) {
            return MAC_ARM64;
        }
        throw new EmbeddedException("unsupported platform " + osName + " on " + osArch + "; " + INSTEAD);
    }

    /** A tar in xz, as the PostgreSQL binaries' jar names it. */
    String postgresResource() {
        return "/postgres-" + postgres + ".txz";
    }

    /** The program itself. */
    String redisResource() {
        return "/redis-server-" + REDIS_VERSION + "-" + redis;
    }

    boolean linux() {
        return this != MAC_ARM64;
    }
}
