package io.portcullis.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects what is wrong with a record before it throws, so that an operator sees all of it at once. */
final class Checks {
    private final String prefix;
    private final List<InvalidSettingException.Problem> problems = new ArrayList<>();

    /** @param prefix put before each name: {@code "server."}, or empty where names are whole paths */
    Checks(String prefix) {
        this.prefix = prefix;
    }

    /** @param names the key at fault first, then those it was held against */
    Checks that(boolean holds, String expected, String... names) {
        if (!holds) {
            List<String> paths = Arrays.stream(names).map(name -> prefix + name).toList();
            problems.add(new InvalidSettingException.Problem(paths, expected));
        }
        return this;
    }

    Checks between(String name, long value, long min, long max) {
        return that(value >= min && value <= max, "must be between " + min + " and " + max, name);
    }

    Checks between(String name, Duration value, Duration min, Duration max) {
        boolean holds = value.compareTo(min) >= 0 && value.compareTo(max) <= 0;
        return that(holds, "must be between " + Durations.format(min) + " and " + Durations.format(max), name);
    }

    Checks between(String name, ByteSize value, ByteSize min, ByteSize max) {
        boolean holds = value.bytes() >= min.bytes() && value.bytes() <= max.bytes();
        return that(holds, "must be between " + min + " and " + max, name);
    }

    Checks host(String name, String value) {
        return that(Hosts.isHost(value), "must be a host name or an address", name);
    }

    Checks port(String name, int value) {
        return that(value >= 0 && value <= 65_535, "must be between 0 (a free one) and 65535", name);
    }

    /** Where a service is that is asked over HTTP, and what is presented to it. */
    Checks service(@Nullable String url, @Nullable Secret token) {
        return that(
                        url == null || isServiceUrl(url),
                        "must be an http or https URL with a host, without user, query and fragment",
                        "url")
                .that(
                        token == null || token.reveal().matches("[A-Za-z0-9._~+/-]+=*"),
                        "must be letters, digits or ._~+/-",
                        "token");
    }

    private static boolean isServiceUrl(String text) {
        try {
            URI url = new URI(text);
            return ("http".equals(url.getScheme()) || "https".equals(url.getScheme()))
                    && url.getHost() != null
                    && url.getUserInfo() == null
                    && url.getQuery() == null
                    && url.getFragment() == null;
        } catch (URISyntaxException e) {
            return false;
        }
    }

    void done() {
        if (!problems.isEmpty()) {
            throw new InvalidSettingException(problems);
        }
    }
}
