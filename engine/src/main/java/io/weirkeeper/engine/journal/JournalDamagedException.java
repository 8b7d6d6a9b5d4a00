package io.weirkeeper.engine.journal;

import java.io.IOException;

/**
 * A journal holds less than it has acknowledged: something else than a crash has happened to it.
 */
public final class JournalDamagedException extends IOException {
  private static final long serialVersionUID = 1L;

  JournalDamagedException(String message) {
    super(message);
  }
}
