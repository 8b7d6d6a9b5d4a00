package io.weirkeeper.engine.function;

/** A value for which an expression has no result; stops the pipeline (spec: sql.md §5). */
public final class SqlValueException extends ArithmeticException {

  private static final long serialVersionUID = 1L;

  SqlValueException(String message) {
    super(message);
  }

  static SqlValueException overflow(String expression, String type) {
    return new SqlValueException("overflow: " + expression + " is out of range of " + type);
  }

  static SqlValueException outOfRange(Object value, String type) {
    return new SqlValueException("value out of range of " + type + ": " + Checked.shown(value));
  }

  static SqlValueException unreadable(String text, String type) {
    return new SqlValueException(Checked.shown(text) + " is no value of type " + type);
  }

  static SqlValueException divisionByZero(Object dividend) {
    return new SqlValueException("division by zero: " + Checked.shown(dividend) + " / 0");
  }
}
