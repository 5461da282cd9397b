package dev.zerolite.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerolite.pglite.Authentication;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigFileTest {
  @TempDir Path app;

  @Test
  void anAppWithoutFileGetsTheDefaults() throws Exception {
    var config = ConfigFile.load(app).build();

    assertThat(config.postgresPort()).isEqualTo(6434);
    assertThat(config.zeroCachePort()).isEqualTo(5849);
    assertThat(config.user()).isEqualTo("user");
    assertThat(config.password()).isEqualTo("password");
    assertThat(config.database()).isEqualTo("postgres");
    assertThat(config.migrations()).isEmpty();
    assertThat(config.seed()).isEmpty();
    assertThat(config.dataDirectory()).contains(app.resolve(".zerolite/postgres"));
    assertThat(config.replicaFile()).contains(app.resolve(".zerolite/postgres-replica.db"));
    assertThat(config.fsync()).isTrue();
    assertThat(config.runZeroCache()).isTrue();
    assertThat(config.app()).isEmpty();
  }

  @Test
  void findsMigrationsAndSeedInTheirUsualPlaces() throws Exception {
    Files.createDirectories(app.resolve("migrations"));
    assertThat(ConfigFile.load(app).build().migrations()).contains(app.resolve("migrations"));

    Files.createDirectories(app.resolve("db/migrations"));
    Files.writeString(app.resolve("db/seed.sql"), "");
    var config = ConfigFile.load(app).build();
    assertThat(config.migrations()).contains(app.resolve("db/migrations"));
    assertThat(config.seed()).contains(app.resolve("db/seed.sql"));
  }

  @Test
  void readsEveryKey() throws Exception {
    Files.createDirectories(app.resolve("sql"));
    Files.writeString(app.resolve("first.sql"), "");
    write(
        """
        # a comment
        pg-port: 7000
        zero-port: 7100
        user: alice
        password: "1234"
        database: shop
        migrations: sql
        seed: first.sql
        data-dir: data
        fsync: false
        postgres:
          work_mem: 16MB
          max_connections: 50
          jit: off
        zero-cache:
          run: false
          env:
            ZERO_QUERY_URL: http://localhost:3000/q
            ZERO_NUM_SYNC_WORKERS: "2"
        s3:
          port: 7200
          host: 0.0.0.0
          access-key: key
          secret-key: secret
          anonymous: true
          buckets: [uploads, drafts]
          public-buckets: [avatars]
          cors-origins: ["https://*.example.com"]
          directory: files
        app:
          command: node server.js
          port: 3000
          env:
            GREETING: hello
        """);

    var config = ConfigFile.load(app).build();

    assertThat(config.postgresPort()).isEqualTo(7000);
    assertThat(config.zeroCachePort()).isEqualTo(7100);
    assertThat(config.user()).isEqualTo("alice");
    assertThat(config.password()).isEqualTo("1234");
    assertThat(config.database()).isEqualTo("shop");
    assertThat(config.migrations()).contains(app.resolve("sql"));
    assertThat(config.seed()).contains(app.resolve("first.sql"));
    assertThat(config.dataDirectory()).contains(app.resolve("data"));
    assertThat(config.fsync()).isFalse();
    assertThat(config.postgresSettings())
        .containsEntry("work_mem", "16MB")
        .containsEntry("max_connections", "50")
        .containsEntry("jit", "false"); // which is what YAML makes of off
    assertThat(config.runZeroCache()).isFalse();
    assertThat(config.zeroCacheEnvironment())
        .containsEntry("ZERO_QUERY_URL", "http://localhost:3000/q")
        .containsEntry("ZERO_NUM_SYNC_WORKERS", "2");
    assertThat(config.s3())
        .contains(
            new S3Config(
                "0.0.0.0",
                7200,
                "key",
                "secret",
                true,
                List.of("uploads", "drafts"),
                List.of("avatars"),
                List.of("https://*.example.com"),
                Optional.of(app.resolve("files"))));
    assertThat(config.app().orElseThrow().command()).isEqualTo("node server.js");
    assertThat(config.app().orElseThrow().port()).hasValue(3000);
    assertThat(config.app().orElseThrow().url()).contains("http://localhost:3000");
    assertThat(config.app().orElseThrow().environment()).containsEntry("GREETING", "hello");
  }

  @Test
  void aDatabaseInMemoryIsKeptNowhere() throws Exception {
    write("ephemeral: true\n");
    var config = ConfigFile.load(app).build();
    assertThat(config.dataDirectory()).isEmpty();
    assertThat(config.replicaFile()).isEmpty();

    write("ephemeral: true\ndata-dir: data\n");
    assertThatThrownBy(() -> ConfigFile.load(app))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("exclude each other");
  }

  @Test
  void s3IsOnByItselfAndCanBeLeftOut() throws Exception {
    var s3 = ConfigFile.load(app).build().s3().orElseThrow();
    assertThat(s3.port()).isEqualTo(10201);
    assertThat(s3.host()).isEqualTo("127.0.0.1");
    assertThat(s3.directory()).contains(app.resolve(".zerolite/s3"));

    write("s3: { in-memory: true }\n");
    assertThat(ConfigFile.load(app).build().s3().orElseThrow().directory()).isEmpty();
    write("s3: { run: false }\n");
    assertThat(ConfigFile.load(app).build().s3()).isEmpty();
    write("s3: { buckets: [My_Uploads] }\n");
    assertThatThrownBy(() -> ConfigFile.load(app).build())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("'My_Uploads' cannot be a bucket");
  }

  @Test
  void aNumberIsGoodEnoughWhereTextIsMeant() throws Exception {
    write(
        """
        password: 1234
        zero-cache:
          env:
            ZERO_NUM_SYNC_WORKERS: 2
        """);

    var config = ConfigFile.load(app).build();

    assertThat(config.password()).isEqualTo("1234");
    assertThat(config.zeroCacheEnvironment()).containsEntry("ZERO_NUM_SYNC_WORKERS", "2");
  }

  @Test
  void aFileOfCommentsIsEmpty() throws Exception {
    write("# nothing yet\n");

    assertThat(ConfigFile.load(app).build().postgresPort()).isEqualTo(6434);
  }

  @Test
  void anUnknownKeyIsNamedWithItsLineAndTheKnownOnes() throws Exception {
    write("user: alice\n\npgport: 7000\n");

    assertThatThrownBy(() -> ConfigFile.load(app))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("zerolite.yaml:3: unknown key 'pgport'")
        .hasMessageContaining(
            "app, auth, data-dir, database, ephemeral, fsync, listen, migrations, password");
  }

  @Test
  void aMethodOfAuthenticationIsKnownAndTrustStaysAtHome() throws Exception {
    write("auth: md5\nlisten: [127.0.0.2]\n");
    assertThat(ConfigFile.load(app).build().authentication()).isEqualTo(Authentication.MD5);

    write("auth: peer\n");
    assertThatThrownBy(() -> ConfigFile.load(app))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("zerolite.yaml: auth: 'peer' is not a method here")
        .hasMessageContaining("scram-sha-256, md5, password or trust");

    write("auth: trust\nlisten: [0.0.0.0]\n");
    assertThatThrownBy(() -> ConfigFile.load(app).build())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("auth: with trust everyone who reaches 0.0.0.0 would be superuser");

    write("auth: trust\n");
    assertThat(ConfigFile.load(app).build().authentication()).isEqualTo(Authentication.TRUST);
  }

  @Test
  void aPostgresSettingThatIsNotFreeIsRefusedWithTheReason() throws Exception {
    write("postgres:\n  port: 5432\n");

    assertThatThrownBy(() -> ConfigFile.load(app).build())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("the PostgreSQL setting port cannot be changed here")
        .hasMessageContaining("say it where the server is started");

    write("postgres:\n  work_mem: [1, 2]\n");

    assertThatThrownBy(() -> ConfigFile.load(app))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("postgres: work_mem needs one value");
  }

  @Test
  void anUnknownKeyInAGroupIsNamedWithThatGroupsKeys() throws Exception {
    write("app:\n  command: x\n  prot: 3000\n");

    assertThatThrownBy(() -> ConfigFile.load(app))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(
            "zerolite.yaml:3: unknown key 'prot'; known keys here: command, env, port, url");
  }

  @Test
  void aWrongTypeIsNamedWithItsLine() throws Exception {
    write("user: alice\npg-port: many\n");

    assertThatThrownBy(() -> ConfigFile.load(app))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("zerolite.yaml:2: 'pg-port' cannot be read as a whole number");
  }

  @Test
  void brokenYamlIsNamedWithItsLine() throws Exception {
    write("user: alice\npassword: \"open\ndatabase: x\n");

    assertThatThrownBy(() -> ConfigFile.load(app))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("zerolite.yaml:")
        .hasMessageContaining("not valid YAML");
  }

  @Test
  void aKeyGivenTwiceIsAMistake() throws Exception {
    write("user: alice\nuser: bob\n");

    assertThatThrownBy(() -> ConfigFile.load(app))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("zerolite.yaml:2");
  }

  @Test
  void anAppNeedsACommand() throws Exception {
    write("app:\n  port: 3000\n");

    assertThatThrownBy(() -> ConfigFile.load(app))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("app needs a command");
  }

  private void write(String yaml) throws IOException {
    Files.writeString(app.resolve(ConfigFile.NAME), yaml);
  }
}
