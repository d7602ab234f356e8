package io.portcullis.auth;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The peppers that stored digests may be under, while one takes the place of another.
 *
 * @param current what is new is digested under it
 * @param former what is found under one of these is moved to the current one
 * @param next what is found under it counts, and stays where it is: other nodes have it for their current one already, or soon
 */
public record Peppers(
        Pepper current, List<Pepper> former, @Nullable Pepper next) {

    public Peppers {
        former = List.copyOf(former);
    }

    /** One and no other. */
    public static Peppers only(Pepper pepper) {
        return new Peppers(pepper, List.of(), null);
    }

    /** Of all, the current one's first. */
    public List<String> ids() {
        return Stream.of(Stream.of(current), former.stream(), Stream.ofNullable(next))
                .flatMap(some -> some)
                .map(Pepper::id)
                .toList();
    }

    /** The one of that id; null where it is none of these. */
    @Nullable
    Pepper byId(String id) {
        if (current.id().equals(id)) {
            return current;
        }
        return next != null && next.id().equals(id) ? next : formerById(id);
    }

    @Nullable
    Pepper formerById(String id) {
        for (Pepper pepper : former) {
            if (pepper.id().equals(id)) {
                return pepper;
            }
        }
        return null;
    }
}
