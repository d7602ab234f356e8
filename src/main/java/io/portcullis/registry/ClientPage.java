package io.portcullis.registry;

import java.util.List;

/**
 * Some clients, in the order of their ids.
 *
 * @param more whether there are others behind the last one
 */
public record ClientPage(List<ClientEntry> clients, boolean more) {

    public ClientPage {
        clients = List.copyOf(clients);
    }
}
