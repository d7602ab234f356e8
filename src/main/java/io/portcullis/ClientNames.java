package io.portcullis;

import io.portcullis.registry.ClientDirectory;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds the client that a person means by its id or its code: nothing keeps codes unique. */
final class ClientNames {

    static final String ID = "Client id, or a code that only one client has.";

    /** Ids that a message names where a code is ambiguous. */
    private static final int NAMED = 5;

    private static final int PAGE = 1000;

    /** The API finds codes by a part of them; whoever asks for "a" among a million should name an id. */
    private static final int MOST_PAGES = 20;

    private static final int LONGEST_SEARCH = 200;

    private ClientNames() {}

    /** Whether the text has the form of a client's, a key's or a token's id. */
    static boolean isId(String text) {
        return ClientDirectory.isId(text);
    }

    /** Whether there is a client of an id is not asked. */
    static String idOf(ManagementClient api, String idOrCode) throws CommandException {
        if (isId(idOrCode)) {
            return idOrCode.toLowerCase(Locale.ROOT);
        }
        Found found = find(api, idOrCode);
        List<String> ids = found.ids();
        if (ids.size() > 1) {
            throw new CommandException("several clients have the code " + idOrCode + "; name one by its id: "
                    + String.join(", ", ids.subList(0, Math.min(NAMED, ids.size())))
                    + (ids.size() > NAMED ? ", …" : "") + " (65009)");
        }
        if (!found.all()) {
            throw new CommandException(
                    "too many clients have " + idOrCode + " in their code: name the client by its id");
        }
        if (ids.isEmpty()) {
            throw new CommandException("no client has the code " + idOrCode + " (65006)");
        }
        return ids.get(0);
    }

    /** Whether there are clients with that code, as far as that is soon found. */
    static boolean isTaken(ManagementClient api, String code) throws CommandException {
        return !find(api, code).ids().isEmpty();
    }

    /** @param all whether everyone was looked at who could be meant, or there are several already */
    private record Found(List<String> ids, boolean all) {}

    private static Found find(ManagementClient api, String code) throws CommandException {
        if (code.isBlank()) {
            throw new CommandException("an empty text names no client");
        }
        List<String> ids = new ArrayList<>();
        String part = code.substring(0, Math.min(LONGEST_SEARCH, code.length()));
        @Nullable String after = null;
        for (int i = 0; i < MOST_PAGES; i++) {
            JsonObject page = api.get(ManagementClient.path("/clients", "q", part, "limit", PAGE, "cursor", after));
            for (JsonObject client : ManagementClient.objects(page, "clients")) {
                if (code.equals(client.getString("client_code"))) {
                    ids.add(client.getString("client_id"));
                }
            }
            after = page.getString("next");
            if (after == null || ids.size() > NAMED) {
                return new Found(ids, true);
            }
        }
        return new Found(ids, false);
    }
}
