package io.weirkeeper.conf;

/** Settings with which the program cannot start. The message is for the person who wrote them. */
public final class SettingsException extends RuntimeException {
  private static final long serialVersionUID = 1;

  SettingsException(String message) {
    super(message);
  }
}
