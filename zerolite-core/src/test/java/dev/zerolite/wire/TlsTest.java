package dev.zerolite.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.zerolite.testing.ClientProgram;
import dev.zerolite.testing.NativePostgres;
import dev.zerolite.testing.NativePostgresExtension;
import java.io.IOException;
import java.io.StringReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;

/** Clients that want TLS, with native PostgreSQL behind the server. */
@ExtendWith(NativePostgresExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
final class TlsTest {
  private static final int TLS_HANDSHAKE = 0x16;

  @TempDir static Path directory;

  private final NativePostgres postgres;
  private Path certificate;
  private WireServer server;
  private WireServer withoutTls;

  TlsTest(NativePostgres postgres) {
    this.postgres = postgres;
  }

  @BeforeAll
  void start() throws IOException, InterruptedException {
    TlsIdentity identity = SelfSignedCertificate.in(directory.resolve("tls"));
    certificate = directory.resolve("tls/server.crt");
    WireConfig config = WireConfig.onLoopback(0);
    withoutTls = WireServer.start(config, postgres.backends());
    server = WireServer.start(config.withTls(identity), postgres.backends());
  }

  @AfterAll
  void stop() {
    server.close();
    withoutTls.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sslmode=disable",
        "sslmode=prefer",
        "sslmode=require",
        "sslmode=verify-full",
        "sslmode=verify-full&sslNegotiation=direct"
      })
  void jdbcConnects(String options) throws SQLException, IOException {
    try (Connection connection = jdbc(options);
        var statement = connection.createStatement()) {
      // more than a record, in both directions
      statement.execute("create temp table t (a text)");
      String row = "x".repeat(1_000_000) + "\n";
      var copy = connection.unwrap(PGConnection.class).getCopyAPI();
      assertThat(copy.copyIn("copy t from stdin", new StringReader(row.repeat(3)))).isEqualTo(3);
      try (var rows = statement.executeQuery("select a from t")) {
        for (int i = 0; i < 3; i++) {
          assertThat(rows.next()).isTrue();
          assertThat(rows.getString(1)).hasSize(1_000_000);
        }
      }
    }
  }

  @Test
  void jdbcCancelsOverTls() throws Exception {
    var pool = Executors.newSingleThreadExecutor();
    try (Connection connection = jdbc("sslmode=verify-full");
        var statement = connection.createStatement()) {
      var running = pool.submit(() -> statement.execute("select pg_sleep(60)"));
      // a cancel before the statement has begun is lost, so it is said until it is heard
      while (!running.isDone()) {
        statement.cancel();
      }
      assertThatExceptionOfType(ExecutionException.class)
          .isThrownBy(() -> running.get(20, TimeUnit.SECONDS))
          .havingCause()
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57014"));
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void psqlConnects() throws Exception {
    var result =
        ClientProgram.find("psql", "postgresql-client-15")
            .run(
                directory,
                Map.of("LC_ALL", "C.UTF-8"),
                Duration.ofSeconds(60),
                List.of(
                    "-X",
                    "-c",
                    "\\conninfo",
                    "host=localhost port=%d user=postgres dbname=postgres sslmode=verify-full sslrootcert=%s"
                        .formatted(server.port(), certificate)));
    assertThat(result.stderr()).isEmpty();
    assertThat(result.stdout()).contains("SSL connection (protocol: TLSv1.3");
  }

  @Test
  void withoutTlsItIsDeclined() {
    assertThatExceptionOfType(SQLException.class)
        .isThrownBy(
            () ->
                DriverManager.getConnection(
                    "jdbc:postgresql://localhost:"
                        + withoutTls.port()
                        + "/postgres?sslmode=require",
                    "postgres",
                    ""))
        .withMessage("The server does not support SSL.");
  }

  @Test
  void aHandshakeWithoutARequestNeedsTlsAndAlpn() throws Exception {
    try (RawClient client = new RawClient(withoutTls.port())) {
      client.send(new byte[] {TLS_HANDSHAKE, 3, 1, 0, 5});
      assertThat(client.readByte()).isEqualTo(-1);
    }
    try (SSLSocket socket = direct()) {
      socket.startHandshake();
      socket.getOutputStream().write(RawClient.startup(RawClient.PROTOCOL_3_0, "user", "postgres"));
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
    try (SSLSocket socket = direct()) {
      var parameters = socket.getSSLParameters();
      parameters.setApplicationProtocols(new String[] {"postgresql"});
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      socket.getOutputStream().write(RawClient.startup(RawClient.PROTOCOL_3_0, "user", "postgres"));
      assertThat(socket.getInputStream().read()).isEqualTo('R');
    }
  }

  @Test
  void clearTextIsNoHandshake() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.send(RawClient.packet(1234 << 16 | 5679));
      assertThat(client.readByte()).isEqualTo('S');
      client.send(RawClient.startup(RawClient.PROTOCOL_3_0, "user", "postgres"));
      int last = client.readByte();
      // an alert, perhaps, but nothing of PostgreSQL
      assertThat(last).isIn(0x15, -1);
    }
    try (RawClient client = new RawClient(server.port()).login("postgres", "postgres")) {
      assertThat(client.send(RawClient.query("select 1")).readUntil('Z')).isNotEmpty();
    }
  }

  @Test
  void theCertificateIsKeptAndItsKeyIsPrivate() throws Exception {
    byte[] before = Files.readAllBytes(certificate);
    SelfSignedCertificate.in(directory.resolve("tls"));
    assertThat(Files.readAllBytes(certificate)).isEqualTo(before);
    Path key = directory.resolve("tls/server.key");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
        .isEqualTo("rw-------");
    assertThat(directory.resolve("tls/keytool.p12")).doesNotExist();
  }

  @Test
  void wrongFilesAreNamed() throws Exception {
    Path key = Files.writeString(directory.resolve("bad.key"), "-----BEGIN RSA PRIVATE KEY-----\n");
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> TlsIdentity.load(certificate, key))
        .withMessageContaining("openssl pkcs8 -topk8 -nocrypt");
    Path empty = Files.write(directory.resolve("bad.crt"), "no certificate".getBytes(UTF_8));
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> TlsIdentity.load(empty, key))
        .withMessageContaining("bad.crt");
  }

  private SSLSocket direct() throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    try (var pem = Files.newInputStream(certificate)) {
      trusted.setCertificateEntry(
          "server", CertificateFactory.getInstance("X.509").generateCertificate(pem));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    Socket socket = new Socket(InetAddress.getByName("127.0.0.1"), server.port());
    socket.setSoTimeout(20_000);
    return (SSLSocket)
        context.getSocketFactory().createSocket(socket, "localhost", server.port(), true);
  }

  private Connection jdbc(String options) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://localhost:%d/postgres?%s&sslrootcert=%s"
            .formatted(server.port(), options, certificate),
        "postgres",
        "");
  }
}
