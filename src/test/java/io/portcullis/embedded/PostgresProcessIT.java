package io.portcullis.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.testing.TestServers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One story, since each start costs a second. */
@Timeout(90)
class PostgresProcessIT {

    @Test
    void itIsKilledRecoversAndGoesBackInTime() throws Exception {
        String url;
        Path data;
        try (PostgresProcess postgres = PostgresProcess.start()) {
            url = postgres.freshDatabaseUrl();
            data = postgres.data();
            String identity = one(postgres.superuserUrl(url), "SELECT system_identifier FROM pg_control_system()");
            run(url, "CREATE TABLE log (n int)");
            run(url, "INSERT INTO log VALUES (1)");
            PostgresProcess.Copy copy = postgres.copy();
            run(url, "INSERT INTO log VALUES (2)");

            try (Connection open = TestServers.connect(url);
                    Statement statement = open.createStatement()) {
                open.setAutoCommit(false);
                statement.execute("INSERT INTO log VALUES (3)");

                postgres.kill();

                assertThatThrownBy(open::commit).isInstanceOf(SQLException.class);
                assertThatThrownBy(() -> TestServers.connect(url).close()).isInstanceOf(SQLException.class);
            }
            postgres.startAgain();
            assertThat(one(url, "SELECT string_agg(n::text, ' ' ORDER BY n) FROM log"))
                    .as("what was acknowledged, and no more")
                    .isEqualTo("1 2");

            postgres.restore(copy);
            assertThat(one(url, "SELECT string_agg(n::text, ' ' ORDER BY n) FROM log"))
                    .isEqualTo("1");
            assertThat(one(postgres.superuserUrl(url), "SELECT system_identifier FROM pg_control_system()"))
                    .isEqualTo(identity);
            run(url, "INSERT INTO log VALUES (4)");
            postgres.restore(copy);
            assertThat(one(url, "SELECT count(*) FROM log")).isEqualTo("1");

            postgres.stop();
            assertThatThrownBy(() -> TestServers.connect(url).close()).isInstanceOf(SQLException.class);
            postgres.startAgain();
            assertThat(one(url, "SELECT count(*) FROM log")).isEqualTo("1");
        }
        assertThatThrownBy(() -> TestServers.connect(url).close()).isInstanceOf(SQLException.class);
        assertThat(FolderProcesses.of(data)).isEmpty();
        try (var left = Files.newDirectoryStream(data, DataFolder.UNFINISHED + "*")) {
            assertThat(left).isEmpty();
        }
    }

    private static void run(String url, String statement) throws SQLException {
        try (Connection connection = TestServers.connect(url);
                Statement session = connection.createStatement()) {
            session.execute(statement);
        }
    }

    private static String one(String url, String query) throws SQLException {
        try (Connection connection = TestServers.connect(url);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
