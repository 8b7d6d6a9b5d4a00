package io.weirkeeper.engine.format;

/** One value that does not fit its column. Thrown often on bad input, hence without stack trace. */
final class BadValue extends Exception {
  private static final long serialVersionUID = 1L;

  /** Found text is cut to this many characters: a message must stay readable. */
  static final int MAX_FOUND_CHARACTERS = 100;

  private final String expected;
  private final String found;
  private String path = "";

  BadValue(String expected, String found) {
    super(null, null, false, false);
    this.expected = expected;
    this.found = cut(found);
  }

  /** Says that the value sits inside another one, for example {@code [3]} or {@code .city}. */
  BadValue within(String step) {
    path = step + path;
    return this;
  }

  String expected() {
    return expected;
  }

  String found() {
    return found;
  }

  /** Where inside the column the value sits; empty for the column itself. */
  String path() {
    return path;
  }

  @Override
  public String getMessage() {
    return "expected " + expected + ", found " + found;
  }

  static String cut(String text) {
    if (text == null || text.length() <= MAX_FOUND_CHARACTERS) {
      return text;
    }
    return text.substring(0, MAX_FOUND_CHARACTERS) + "...";
  }
}
