package io.portcullis.ratelimit;

import io.portcullis.auth.Decision;
import io.portcullis.auth.IpAddress;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Whom requests count for under a policy. */
final class Subjects {

    private final List<Dimension> by;

    Subjects(LimitPolicy policy) {
        this.by = policy.by().stream().sorted().toList();
    }

    /** Equal for requests that share a limit; null where the request lacks what the policy goes by. */
    @Nullable
    Object key(Decision.Allowed allowed, Supplier<@Nullable IpAddress> address) {
        if (by.size() == 1) {
            return value(by.get(0), allowed, address);
        }
        List<Object> values = new ArrayList<>(by.size());
        for (Dimension dimension : by) {
            Object value = value(dimension, allowed, address);
            if (value == null) {
                return null;
            }
            values.add(value);
        }
        return values;
    }

    /** Whether the client's record alone says who it is. */
    boolean isOfClient() {
        return EnumSet.of(Dimension.CLIENT, Dimension.TENANT).containsAll(by);
    }

    /** What it goes by, as people ask for it: {@code ip+client}. */
    String by() {
        return by.stream().map(Dimension::toString).collect(Collectors.joining("+"));
    }

    /** As the text that people give is written in Redis. */
    static String canonical(LimitPolicy policy, String text) {
        if (!policy.by().contains(Dimension.IP)) {
            return text;
        }
        // It is the first one.
        int end = policy.by().size() == 1 ? -1 : text.indexOf('+');
        IpAddress address = IpAddress.parse(end < 0 ? text : text.substring(0, end));
        return address == null ? text : network(address) + (end < 0 ? "" : text.substring(end));
    }

    /** As it is written in Redis, and asked for by people. */
    static String text(Object key) {
        return key instanceof List<?> values
                ? values.stream().map(Subjects::text).collect(Collectors.joining("+"))
                : key.toString();
    }

    private static @Nullable Object value(
            Dimension dimension, Decision.Allowed allowed, Supplier<@Nullable IpAddress> address) {
        return switch (dimension) {
            case CLIENT -> allowed.client().clientId();
            case KEY -> allowed.key() == null ? null : allowed.key().keyId();
            case TENANT -> allowed.client().tenantId();
            case IP -> {
                IpAddress caller = address.get();
                yield caller == null ? null : network(caller);
            }
        };
    }

    /** An IPv4 address; of IPv6 the /64. */
    static IpAddress network(IpAddress address) {
        return address.isV4() || address.low() == 0 ? address : new IpAddress(address.high(), 0);
    }
}
