package io.portcullis.upstream;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A user as the User Service tells of him.
 *
 * @param id as it was asked for
 * @param active whether he may own a client, and have it let in
 */
public record User(
        String id,
        @Nullable String email,
        @Nullable String firstName,
        @Nullable String lastName,
        List<String> roles,
        boolean active) {

    public User {
        roles = List.copyOf(roles);
    }

    /** Who he is, and nothing that is his own business. */
    @Override
    public String toString() {
        return "user " + id + (active ? "" : " inactive");
    }
}
