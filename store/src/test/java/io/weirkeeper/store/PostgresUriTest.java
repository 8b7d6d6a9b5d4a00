package io.weirkeeper.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PostgresUriTest {

  @Test
  void allPartsAreRead() {
    assertThat(
            PostgresUri.parse("postgresql://m%40e:p%3A+w@db.example:6543/my%20db?sslmode=require"))
        .isEqualTo(new PostgresUri("db.example", 6543, "my db", "m@e", "p:+w", "require"));
  }

  @Test
  void portDatabaseAndEncryptionHaveDefaults() {
    assertThat(PostgresUri.parse("postgres://me@[::1]"))
        .isEqualTo(new PostgresUri("::1", 5432, "me", "me", null, "prefer"));
  }

  @Test
  void thePasswordIsNotPrinted() {
    assertThat(PostgresUri.parse("postgresql://me:hunter2@host/db").toString())
        .isEqualTo("postgresql://me@host:5432/db");
  }

  @ParameterizedTest
  @CsvSource({
    "mysql://me:hunter2@host/db, scheme",
    "postgresql://:hunter2@host/db, no user",
    "postgresql://me:hunter2@a;b/db, no host",
    "postgresql://me:hun ter2@host/db, not a URI",
    "postgresql://me:hunter2@host/db?sslmode=maybe, sslmode is 'maybe'",
    "postgresql://me:hunter2@host/db?colour=red, unknown parameter 'colour'"
  })
  void anUnusableUriIsRefusedWithoutShowingThePassword(String uri, String why) {
    assertThatThrownBy(() -> PostgresUri.parse(uri))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why)
        .hasMessageNotContaining("hunter2")
        .hasMessageNotContaining("hun ter2");
  }
}
