package dev.zerolite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerolite.config.ZeroLiteConfig;
import dev.zerolite.pglite.Authentication;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a user may say about PostgreSQL's port, all of it at once, with the engine behind it. */
@Timeout(120)
final class WireOptionsTest {
  @Test
  void addressTlsMethodAndLimitAreAsAskedFor(@TempDir Path app) throws Exception {
    var config =
        ZeroLiteConfig.builder(app)
            .postgresPort(0)
            .ephemeral()
            .listen(List.of("127.0.0.2"))
            .authentication(Authentication.PASSWORD)
            .tls()
            .postgresSetting("max_connections", "8")
            .runZeroCache(false)
            .runS3(false)
            .build();
    try (var zerolite = ZeroLite.start(config)) {
      var url =
          zerolite
              .postgresUrl()
              .replaceFirst(".*@[^:]*(:\\d+)/.*", "jdbc:postgresql://127.0.0.2$1/postgres")
              .concat("?sslmode=require");
      var connections = new ArrayList<Connection>();
      try {
        connections.add(DriverManager.getConnection(url, "user", "password"));
        try (var statement = connections.get(0).createStatement();
            var row =
                statement.executeQuery(
                    "select host(inet_server_addr()), current_setting('max_connections'),"
                        + " (select string_agg(distinct auth_method, ',') from pg_hba_file_rules"
                        + " where type = 'host')")) {
          assertThat(row.next()).isTrue();
          assertThat(row.getString(1)).isEqualTo("127.0.0.2");
          assertThat(row.getInt(2)).isEqualTo(8);
          assertThat(row.getString(3)).isEqualTo("password");
        }
        assertThatThrownBy(() -> DriverManager.getConnection(url, "user", "wrong").close())
            .isInstanceOfSatisfying(
                SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("28P01"));
        assertThatThrownBy(
                () -> {
                  while (connections.size() < 10) {
                    connections.add(DriverManager.getConnection(url, "user", "password"));
                  }
                })
            .isInstanceOfSatisfying(
                SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("53300"));
      } finally {
        for (var connection : connections) {
          connection.close();
        }
      }
    }
  }
}
