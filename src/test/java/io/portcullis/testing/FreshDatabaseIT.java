package io.portcullis.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FreshDatabaseIT {
    @Test
    void eachDatabaseIsEmptyAndItsOwn() throws Exception {
        String first = TestServers.freshDatabaseUrl();
        String second = TestServers.freshDatabaseUrl();
        assertThat(first).isNotEqualTo(second);
        try (Connection connection = TestServers.connect(first);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE SCHEMA s; CREATE TABLE s.t ()");
        }
        try (Connection connection = TestServers.connect(TestServers.superuserUrl(second));
                Statement statement = connection.createStatement()) {
            statement.execute("SET session_replication_role = replica");
            try (ResultSet rows = statement.executeQuery("SELECT to_regclass('s.t')")) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getString(1)).isNull();
            }
        }
        assertThat(TestServers.redisUrl()).startsWith("redis://:");
    }
}
