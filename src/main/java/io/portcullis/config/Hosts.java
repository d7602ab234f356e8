package io.portcullis.config;

import java.net.InetAddress;
import java.util.regex.Pattern;

/** Host names and addresses, as text; nothing is looked up. */
final class Hosts {
    // Underscores are no host names by RFC 952, but compose files and clusters use them.
    private static final Pattern NAME =
            Pattern.compile("(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\\.[A-Za-z0-9_-]{1,63})*\\.?");

    private Hosts() {}

    static boolean isHost(String text) {
        return NAME.matcher(text).matches() || (text.indexOf(':') >= 0 && Cidrs.address(text) != null);
    }

    /** Whether only this machine can reach it. A name is what it says: it is not looked up. */
    static boolean isLoopback(String host) {
        InetAddress address = Cidrs.address(host);
        return host.equalsIgnoreCase("localhost") || (address != null && address.isLoopbackAddress());
    }

    /** RFC 3986 §3.2.2: an IPv6 address stands in brackets. */
    static String inUrl(String host) {
        return host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    }
}
