package io.portcullis.cache;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a node of a cluster sends us: {@code MOVED} for good, {@code ASK} for this once, while the slot is on its way (Redis Cluster
 * specification, "Redirection and resharding").
 *
 * @param host empty for the host that said so
 */
record Redirect(boolean ask, int slot, String host, int port) {

    private static final Pattern FORM = Pattern.compile("(MOVED|ASK) ([0-9]{1,5}) ([^ ]{0,255}):([0-9]{1,5})");

    /** What the error says, null where it says nothing of the kind or names nobody. */
    static @Nullable Redirect read(@Nullable String error) {
        Matcher form = error == null ? null : FORM.matcher(error);
        if (form == null || !form.matches()) {
            return null;
        }
        int slot = Integer.parseInt(form.group(2));
        int port = Integer.parseInt(form.group(4));
        String host = form.group(3);
        boolean known = slot < Slots.COUNT && port > 0 && port < 65_536 && !host.equals("?");
        return known ? new Redirect(form.group(1).equals("ASK"), slot, host, port) : null;
    }

    /** @param from who said so */
    ServerAddress target(ServerAddress from) {
        return new ServerAddress(host.isEmpty() ? from.host() : host, port);
    }
}
