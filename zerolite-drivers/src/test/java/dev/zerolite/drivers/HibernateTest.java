package dev.zerolite.drivers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import jakarta.persistence.CascadeType;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.LockModeType;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.OneToMany;
import jakarta.persistence.OptimisticLockException;
import jakarta.persistence.Version;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.hibernate.SessionFactory;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.cfg.Configuration;
import org.hibernate.exception.ConstraintViolationException;
import org.hibernate.tool.schema.spi.SchemaManagementException;
import org.hibernate.type.SqlTypes;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Hibernate makes, checks and updates a schema, and works with it. */
@ExtendWith(ServerExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
final class HibernateTest {
  private final Server server;
  private String database;

  HibernateTest(Server server) {
    this.server = server;
  }

  enum State {
    OPEN,
    PAID
  }

  @Entity(name = "customer")
  static class Customer {
    @Id @GeneratedValue UUID id;

    @Column(nullable = false, unique = true, length = 100)
    String email;

    @JdbcTypeCode(SqlTypes.JSON)
    Map<String, String> preferences;

    String[] tags;

    @OneToMany(mappedBy = "customer", cascade = CascadeType.ALL, orphanRemoval = true)
    List<Purchase> purchases = new ArrayList<>();
  }

  @Entity(name = "purchase")
  static class Purchase {
    @Id
    @GeneratedValue(strategy = GenerationType.SEQUENCE)
    Long id;

    @Version int version;

    @ManyToOne(optional = false)
    Customer customer;

    @Column(precision = 12, scale = 2)
    BigDecimal amount;

    @Enumerated
    @JdbcTypeCode(SqlTypes.NAMED_ENUM)
    State state;

    @Enumerated(EnumType.STRING)
    State before;

    Instant at;
  }

  @BeforeAll
  void createDatabase() throws SQLException {
    database = server.newDatabase();
  }

  @Test
  void createsASchemaAndWorksWithIt() throws SQLException {
    var at = Instant.parse("2024-02-29T23:59:59.123456Z");
    try (var factory = sessions("create")) {
      var id =
          factory.fromTransaction(
              session -> {
                var customer = new Customer();
                customer.email = "a@example.org";
                customer.preferences = Map.of("theme", "dark");
                customer.tags = new String[] {"new", "vip, \"really\""};
                for (int i = 0; i < 60; i++) {
                  var purchase = new Purchase();
                  purchase.customer = customer;
                  purchase.amount = new BigDecimal(i + ".25");
                  purchase.state = i % 2 == 0 ? State.OPEN : State.PAID;
                  purchase.before = State.OPEN;
                  purchase.at = at;
                  customer.purchases.add(purchase);
                }
                session.persist(customer);
                return customer.id;
              });
      factory.inTransaction(
          session -> {
            var customer = session.find(Customer.class, id);
            assertThat(customer.preferences).isEqualTo(Map.of("theme", "dark"));
            assertThat(customer.tags).containsExactly("new", "vip, \"really\"");
            assertThat(customer.purchases).hasSize(60).allMatch(p -> p.at.equals(at));
            assertThat(
                    session
                        .createSelectionQuery(
                            "select sum(p.amount) from purchase p where p.state = PAID",
                            BigDecimal.class)
                        .getSingleResult())
                .isEqualByComparingTo("907.50");
            customer.purchases.removeIf(purchase -> purchase.state == State.OPEN);
          });
      factory.inTransaction(
          session ->
              assertThat(
                      session
                          .createSelectionQuery("select count(*) from purchase", Long.class)
                          .getSingleResult())
                  .isEqualTo(30));

      // one page from the middle
      factory.inSession(
          session ->
              assertThat(
                      session
                          .createSelectionQuery("from purchase order by amount", Purchase.class)
                          .setFirstResult(5)
                          .setMaxResults(2)
                          .getResultList())
                  .extracting(purchase -> purchase.amount)
                  .containsExactly(new BigDecimal("11.25"), new BigDecimal("13.25")));

      assertThatExceptionOfType(ConstraintViolationException.class)
          .isThrownBy(
              () ->
                  factory.inTransaction(
                      session -> {
                        var twin = new Customer();
                        twin.email = "a@example.org";
                        session.persist(twin);
                        session.flush();
                      }))
          .returns("23505", ConstraintViolationException::getSQLState);
    }
    sessions("validate").close();
    try (var connection = server.connect(database);
        var statement = connection.createStatement()) {
      statement.execute("alter table purchase drop column at");
    }
    assertThatExceptionOfType(SchemaManagementException.class)
        .isThrownBy(() -> sessions("validate"))
        .withMessageContaining("missing column [at]");
    sessions("update").close();
    sessions("validate").close();
    sessions("drop").close();
  }

  @Test
  void locksOptimisticallyAndPessimistically() throws SQLException {
    var own = server.newDatabase();
    try (var factory = sessions("create", own)) {
      var id =
          factory.fromTransaction(
              session -> {
                var customer = new Customer();
                customer.email = "b@example.org";
                session.persist(customer);
                var purchase = new Purchase();
                purchase.customer = customer;
                purchase.amount = BigDecimal.ONE;
                session.persist(purchase);
                return purchase.id;
              });
      assertThatExceptionOfType(OptimisticLockException.class)
          .isThrownBy(
              () ->
                  factory.inTransaction(
                      session -> {
                        session.find(Purchase.class, id).amount = BigDecimal.TEN;
                        factory.inTransaction(
                            faster -> faster.find(Purchase.class, id).amount = BigDecimal.ZERO);
                      }));
      factory.inTransaction(
          session -> {
            assertThat(session.find(Purchase.class, id, LockModeType.PESSIMISTIC_WRITE).amount)
                .isEqualByComparingTo("0");
            factory.inTransaction(
                other ->
                    assertThat(
                            other
                                .createNativeQuery(
                                    "select id from purchase for update skip locked", Long.class)
                                .getResultList())
                        .isEmpty());
          });
    }
  }

  private SessionFactory sessions(String schema) {
    return sessions(schema, database);
  }

  private SessionFactory sessions(String schema, String name) {
    return new Configuration()
        .addAnnotatedClass(Customer.class)
        .addAnnotatedClass(Purchase.class)
        .setProperty("hibernate.connection.url", server.jdbcUrl(name))
        .setProperty("hibernate.connection.username", server.user())
        .setProperty("hibernate.connection.password", server.password())
        .setProperty("hibernate.connection.pool_size", "3")
        .setProperty("hibernate.jdbc.batch_size", "20")
        .setProperty("hibernate.hbm2ddl.auto", schema)
        .buildSessionFactory();
  }
}
