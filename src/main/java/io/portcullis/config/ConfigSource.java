package io.portcullis.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the configuration of a process comes from: one file, if there is one, and the environment it was started with. Reads files; not for
 * an event loop.
 */
public final class ConfigSource {

    /** The id of a file that cannot be read, whatever the reason. */
    private static final String UNREADABLE = "unreadable";

    /** The file as it was at a moment, not looked into yet. */
    public static final class Content {
        private final String id;
        private final byte @Nullable [] bytes;

        private Content(String id, byte @Nullable [] bytes) {
            this.id = id;
            this.bytes = bytes;
        }

        /** The same for the same content: the first half of its SHA-256 in hexadecimal, or a word where there is none. */
        public String id() {
            return id;
        }
    }

    private final @Nullable Path file;
    private final Map<String, String> environment;

    /** @param file {@code null} for none */
    public ConfigSource(@Nullable Path file, Map<String, String> environment) {
        this.file = file;
        this.environment = Map.copyOf(environment);
    }

    /** The file, {@code null} where there is none. */
    public @Nullable Path file() {
        return file;
    }

    /** The file as it is now, whichever it is by now that the name leads to. A file that is gone or too large has no bytes. */
    public Content read() {
        if (file == null) {
            return new Content("none", null);
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(YamlSource.MAX_BYTES + 1);
            return bytes.length > YamlSource.MAX_BYTES ? new Content(UNREADABLE, null) : new Content(id(bytes), bytes);
        } catch (IOException e) {
            return new Content(UNREADABLE, null);
        }
    }

    /** @throws ConfigException with all that is wrong with it */
    public LoadedConfig load(Content content) {
        return file == null || content.bytes == null
                ? ConfigLoader.load(file, environment)
                : ConfigLoader.load(file, content.bytes, environment);
    }

    /**
     * What content means for a gateway that runs.
     *
     * @throws ConfigException with all that is wrong with it, by itself or beside the keys that need a restart
     */
    public ConfigChange change(LoadedConfig inEffect, Content content) {
        return Reloading.between(inEffect, load(content));
    }

    private static String id(byte[] bytes) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            return HexFormat.of().formatHex(digest, 0, digest.length / 2);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }
}
