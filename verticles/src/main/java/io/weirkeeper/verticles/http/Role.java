package io.weirkeeper.verticles.http;

import java.util.Locale;

/** What a caller may do; each role includes the ones before it (spec: auth §10). */
enum Role {
  READ,
  WRITE,
  ADMIN,
  OWNER;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  boolean permits(Role required) {
    return compareTo(required) >= 0;
  }
}
