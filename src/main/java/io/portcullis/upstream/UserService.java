package io.portcullis.upstream;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The User Service's HTTP API, as far as we ask it. An answer of another shape than it promises is a failure of the service and never read
 * as well as may be: who is let in hangs on it. All fails with {@link UpstreamException}; on {@link Upstream}'s event loop.
 */
final class UserService {

    /** Characters; nobody's id, name or address is as long. */
    private static final int LONGEST_TEXT = 1_000;

    private static final int MOST_ROLES = 1_000;

    private static final Pattern UUID =
            Pattern.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");

    private final Upstream upstream;

    UserService(Upstream upstream) {
        this.upstream = upstream;
    }

    /** The user of that id, active or not; none where the service knows of none: {@code GET /users/{id}}. */
    Future<Optional<User>> user(String id, Deadline deadline) {
        // A path would have a meaning with these that is not "the user of that id"; no user has one of them.
        if (id.isEmpty() || id.equals(".") || id.equals("..") || id.length() > LONGEST_TEXT) {
            return Future.succeededFuture(Optional.empty());
        }
        return upstream.get("/users/" + PathSegment.encoded(id), deadline, answer -> user(answer, id));
    }

    /** Succeeds where the service says that it is well: {@code GET /health} with any 2xx. */
    Future<Void> health(Deadline deadline) {
        return upstream.<Boolean>get("/health", deadline, answer -> {
                    answer.requireSuccess();
                    return true;
                })
                .mapEmpty();
    }

    private static Optional<User> user(Answer answer, String id) throws UpstreamException {
        if (answer.isNotFound()) {
            return Optional.empty();
        }
        JsonObject user = answer.json();
        if (!(user.getValue("id") instanceof String found) || !isSame(found, id)) {
            throw answer.malformed("another user than was asked for");
        }
        if (!(user.getValue("isActive") instanceof Boolean active)) {
            throw answer.malformed("isActive is neither true nor false");
        }
        return Optional.of(new User(
                id,
                text(answer, user, "email"),
                text(answer, user, "firstName"),
                text(answer, user, "lastName"),
                roles(answer, user),
                active));
    }

    /** Of a UUID's letters the case does not count (RFC 9562 §4); of any other id all does. */
    private static boolean isSame(String found, String asked) {
        return found.equals(asked)
                || (found.equalsIgnoreCase(asked) && UUID.matcher(asked).matches());
    }

    private static @Nullable String text(Answer answer, JsonObject user, String name) throws UpstreamException {
        Object value = user.getValue(name);
        if (value == null) {
            return null;
        }
        if (!(value instanceof String text) || text.length() > LONGEST_TEXT) {
            throw answer.malformed(name + " is no text, or too long");
        }
        return text;
    }

    private static List<String> roles(Answer answer, JsonObject user) throws UpstreamException {
        Object value = user.getValue("roles");
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof JsonArray roles) || roles.size() > MOST_ROLES) {
            throw answer.malformed("roles is no array, or too long");
        }
        List<String> texts = new ArrayList<>(roles.size());
        for (Object role : roles) {
            if (!(role instanceof String text) || text.length() > LONGEST_TEXT) {
                throw answer.malformed("a role is no text, or too long");
            }
            texts.add(text);
        }
        return texts;
    }
}
