package io.portcullis.cache;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How far a server is believed to be who it says.
 *
 * @param verify whether its certificate must be trusted and name the host that was dialled
 * @param ca PEM file of the certificates that vouch for it; null for those that the JVM trusts. Means nothing without {@code verify}
 */
public record RedisTls(boolean verify, @Nullable Path ca) {}
