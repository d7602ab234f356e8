package io.portcullis.testing;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The User Service, as far as we ask it: {@code GET /users/{id}} and {@code GET /health}. Its users are made up from their index and are the
 * same each time; single ones can be changed, removed and added. User {@code n} owns clients of {@link AdminServiceStandIn}.
 *
 * <p>By hand, from the project's folder:
 *
 * <pre>
 * mvn -q test-compile dependency:build-classpath -Dmdep.includeScope=test -Dmdep.outputFile=target/test.classpath
 * java -cp target/test-classes:target/classes:$(cat target/test.classpath) \
 *     io.portcullis.testing.UserServiceStandIn --port 3002 --users 1000
 *
 * curl -s http://127.0.0.1:3002/api/v1/users/00000000-0000-4000-8000-000000000007
 * </pre>
 */
public final class UserServiceStandIn extends StandInServer {

    private final int users;
    private final Map<String, Optional<JsonObject>> overrides = new ConcurrentHashMap<>();

    /**
     * Listens.
     *
     * @param port 0 for a free one
     * @param users that are made up
     * @param token that every request must bear; null where none needs to
     */
    public UserServiceStandIn(int port, int users, @Nullable String token) {
        super(token);
        this.users = users;
        listen(port);
    }

    /** Runs until it is ended. */
    public static void main(String[] args) {
        StandInArguments arguments = new StandInArguments(args, "port", "users", "token");
        UserServiceStandIn service = new UserServiceStandIn(
                arguments.number("port", 3002), arguments.number("users", 1000), arguments.text("token"));
        System.out.println("User Service stand-in: " + service.url());
    }

    /** Of the user with that index, from 0. */
    public static String id(int index) {
        return StandInIds.of(index);
    }

    /** As it was made up, to be changed and given to {@link #put}. */
    public static JsonObject madeUp(int index) {
        return new JsonObject()
                .put("id", id(index))
                .put("email", "user-" + index + "@example.org")
                .put("firstName", "First" + index)
                .put("lastName", "Last" + index)
                .put("roles", index % 10 == 0 ? List.of("USER", "ADMIN") : List.of("USER"))
                .put("isActive", index % 20 != 19);
    }

    /** Adds a user, or has it be so from now on. */
    public void put(JsonObject user) {
        overrides.put(user.getString("id"), Optional.of(user.copy()));
    }

    /** It was never there. */
    public void remove(String id) {
        overrides.put(id, Optional.empty());
    }

    @Override
    void answer(HttpServerRequest request, String path, boolean wrongId) {
        if (!path.startsWith("/users/")) {
            notFound(request);
            return;
        }
        String id = wrongId ? id(users / 2) : segment(path, "/users/");
        Optional<JsonObject> override = overrides.get(id);
        long index = StandInIds.indexOf(id);
        if (override != null && override.isPresent()) {
            send(request, 200, override.get().encode());
        } else if (override == null && index >= 0 && index < users) {
            send(request, 200, madeUp((int) index).encode());
        } else {
            notFound(request);
        }
    }
}
