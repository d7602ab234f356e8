package io.portcullis.load;

import io.portcullis.load.SyncSource.Twist;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Differences between a registry and its source, spread evenly over all clients, and what must become of each. */
final class PlantedDrift {

    /** Of twenty: what is planted, in this order. */
    private enum Kind {
        FIELD_CHANGED_HERE(8),
        MISSING_HERE(4),
        SUSPENDED_THERE(2),
        SUSPENDED_HERE(2),
        SECRET_CHANGED_HERE(2),
        FAULTY_THERE(1),
        ONLY_HERE(1);

        private final int share;

        Kind(int share) {
            this.share = share;
        }
    }

    private final Map<Kind, List<Integer>> numbers = new HashMap<>();

    /** @param count a multiple of 20, and a divisor of clients */
    PlantedDrift(int clients, int count) {
        int planted = 0;
        for (Kind kind : Kind.values()) {
            List<Integer> ofKind = new ArrayList<>();
            for (int i = 0; i < count / 20 * kind.share; i++) {
                ofKind.add(kind == Kind.ONLY_HERE ? clients + i : planted * (clients / count) + 1);
                planted++;
            }
            numbers.put(kind, ofKind);
        }
    }

    Map<Integer, Twist> twists() {
        Map<Integer, Twist> twists = new HashMap<>();
        numbers.get(Kind.SUSPENDED_THERE).forEach(n -> twists.put(n, Twist.SUSPENDED));
        numbers.get(Kind.FAULTY_THERE).forEach(n -> twists.put(n, Twist.FAULTY));
        return twists;
    }

    void plant(Connection connection) throws SQLException {
        change(connection);
        run(connection, "delete from client_registry.clients where client_id = any (?::uuid[])", Kind.MISSING_HERE);
        run(
                connection,
                "update client_registry.clients set status = 'SUSPENDED' where client_id = any (?::uuid[])",
                Kind.SUSPENDED_HERE);
        run(
                connection,
                "update client_registry.clients set client_secret_hash = 'sha256:of-somebody-else' where client_id = any (?::uuid[])",
                Kind.SECRET_CHANGED_HERE);
        run(
                connection,
                "insert into client_registry.clients (client_id, client_code, status) select id, 'only here', 'ACTIVE' from unnest(?::uuid[]) id",
                Kind.ONLY_HERE);
    }

    /** Some of it again; how many. */
    int change(Connection connection) throws SQLException {
        run(
                connection,
                "update client_registry.clients set rate_limit = 1 where client_id = any (?::uuid[])",
                Kind.FIELD_CHANGED_HERE);
        return numbers.get(Kind.FIELD_CHANGED_HERE).size();
    }

    Set<String> repairable() {
        return ids(Kind.FIELD_CHANGED_HERE, Kind.MISSING_HERE, Kind.SUSPENDED_THERE, Kind.SECRET_CHANGED_HERE);
    }

    Set<String> reportable() {
        return ids(Kind.SUSPENDED_HERE, Kind.FAULTY_THERE);
    }

    Set<String> onlyHere() {
        return ids(Kind.ONLY_HERE);
    }

    private Set<String> ids(Kind... kinds) {
        Set<String> ids = new TreeSet<>();
        for (Kind kind : kinds) {
            numbers.get(kind).forEach(n -> ids.add(SyncSource.id(n)));
        }
        return ids;
    }

    private void run(Connection connection, String sql, Kind kind) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setArray(1, connection.createArrayOf("text", ids(kind).toArray()));
            if (statement.executeUpdate() != numbers.get(kind).size()) {
                throw new SQLException("not all of " + kind + " could be planted");
            }
        }
    }
}
