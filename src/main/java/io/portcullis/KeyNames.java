package io.portcullis;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds the key that a person means by its id or by its first characters. */
final class KeyNames {

    static final String KEY = "Key id, or a prefix that only one of the client's active keys has.";

    private static final int PAGE = 1000;

    private KeyNames() {}

    /** The key's path in the API. Whether there is a key of an id is not asked. */
    static String path(ManagementClient api, String client, String key) throws CommandException {
        String keys = "/clients/" + ClientNames.idOf(api, client) + "/keys";
        return keys + "/" + (ClientNames.isId(key) ? key.toLowerCase(Locale.ROOT) : byPrefix(api, keys, key));
    }

    private static String byPrefix(ManagementClient api, String keys, String prefix) throws CommandException {
        List<String> ids = new ArrayList<>();
        @Nullable String after = null;
        do {
            JsonObject page = api.get(ManagementClient.path(keys, "limit", PAGE, "cursor", after));
            for (JsonObject key : ManagementClient.objects(page, "keys")) {
                if (prefix.equals(key.getString("prefix")) && "ACTIVE".equals(key.getString("status"))) {
                    ids.add(key.getString("key_id"));
                }
            }
            after = page.getString("next");
        } while (after != null);
        // Not repeated: somebody may have given the whole key.
        if (ids.isEmpty()) {
            throw new CommandException(
                    "no active key of this client has that prefix: key list --client … shows ids and prefixes");
        }
        if (ids.size() > 1) {
            throw new CommandException(
                    "several active keys have that prefix; name one by its id: " + String.join(", ", ids));
        }
        return ids.get(0);
    }
}
