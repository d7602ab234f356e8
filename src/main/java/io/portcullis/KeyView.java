package io.portcullis;

import io.vertx.core.json.JsonObject;

/** A key that was just made. */
final class KeyView {

    static final String ONCE = "The key is shown this once and stored nowhere.";

    private KeyView() {}

    /** For people the key comes first: whatever happens while they wait, they have it. The command's exit code. */
    static int made(JsonObject key, Seen seen, ManagementClient api, Output output) {
        if (!output.asJson()) {
            output.text(text(key));
        }
        Seen.Sight sight = seen.of(key, api, output);
        if (output.asJson()) {
            output.json(sight.addTo(key));
        } else {
            output.text(sight.text());
        }
        return sight.exit(output);
    }

    private static String text(JsonObject key) {
        TextTable table = new TextTable()
                .row("Client id", key.getValue("client_id"))
                .row("Key id", key.getValue("key_id"))
                .row("Key", key.getValue("key"))
                .row("Name", key.getValue("name"))
                .row("Expires", key.getValue("expires_at"));
        if (key.getValue("replaces") != null) {
            table.row("Replaces", key.getValue("replaces")).row("Until", key.getValue("former_expires_at"));
        }
        return table.render() + ONCE;
    }
}
