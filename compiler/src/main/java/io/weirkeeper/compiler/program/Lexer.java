package io.weirkeeper.compiler.program;

import io.weirkeeper.compiler.program.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Cuts a program into tokens; comments vanish, and so do hints, which change no result (spec:
 * sql.md §1.1).
 */
final class Lexer {

  private static final List<String> TWO_CHARACTER_SYMBOLS =
      List.of("::", "<>", "<=", ">=", "!=", "||", "=>", "->");

  private final SourceText source;
  private final String text;
  private final List<Integer> hints;
  private int at;

  private Lexer(SourceText source, List<Integer> hints) {
    this.hints = hints;
    this.source = source;
    this.text = source.text();
  }

  /**
   * All tokens of a program, the last one is {@link Kind#END}.
   *
   * @param hints receives the offset of the plus sign of every hint
   * @throws SqlProblem for an unfinished literal or comment and for characters that no token has
   */
  static List<Token> tokens(SourceText source, List<Integer> hints) {
    Lexer lexer = new Lexer(source, hints);
    List<Token> tokens = new ArrayList<>();
    while (true) {
      Token token = lexer.next();
      tokens.add(token);
      if (token.kind() == Kind.END) {
        return tokens;
      }
    }
  }

  private Token next() {
    skipBlanks();
    if (at >= text.length()) {
      return new Token(Kind.END, text.length(), text.length(), "end of program");
    }
    int start = at;
    char c = text.charAt(at);
    if ((c == 'u' || c == 'U') && at + 2 < text.length() && text.charAt(at + 1) == '&') {
      char quote = text.charAt(at + 2);
      if (quote == '"' || quote == '\'') {
        at += 2;
        String raw = quoted(quote, quote == '"' ? "identifier" : "string literal");
        return new Token(quote == '"' ? Kind.QUOTED : Kind.STRING, start, at, unescape(raw));
      }
    }
    if ((c == 'x' || c == 'X') && at + 1 < text.length() && text.charAt(at + 1) == '\'') {
      at++;
      String digits = quoted('\'', "binary literal");
      return new Token(Kind.STRING, start, at, digits);
    }
    if (c == '\'') {
      String value = quoted('\'', "string literal");
      return new Token(Kind.STRING, start, at, value);
    }
    if (c == '"') {
      String name = quoted('"', "identifier");
      if (name.isEmpty()) {
        throw SqlProblem.parsing(source.position(start, at), "A quoted identifier is empty");
      }
      return new Token(Kind.QUOTED, start, at, name);
    }
    if (Character.isDigit(c)
        || (c == '.' && at + 1 < text.length() && Character.isDigit(text.charAt(at + 1)))) {
      return number(start);
    }
    if (isWordPart(c)) {
      while (at < text.length() && isWordPart(text.charAt(at))) {
        at++;
      }
      return new Token(Kind.WORD, start, at, text.substring(start, at).toLowerCase(Locale.ROOT));
    }
    for (String symbol : TWO_CHARACTER_SYMBOLS) {
      if (text.startsWith(symbol, at)) {
        at += 2;
        return new Token(Kind.SYMBOL, start, at, symbol);
      }
    }
    if (Character.isISOControl(c) || Character.isSurrogate(c)) {
      throw SqlProblem.parsing(
          source.position(start, start + 1),
          String.format("The character U+%04X has no meaning here; remove it", (int) c));
    }
    at++;
    return new Token(Kind.SYMBOL, start, at, String.valueOf(c));
  }

  private Token number(int start) {
    while (at < text.length()) {
      char c = text.charAt(at);
      boolean exponentSign =
          (c == '+' || c == '-') && at > start && "eE".indexOf(text.charAt(at - 1)) >= 0;
      if (!isWordPart(c) && c != '.' && !exponentSign) {
        break;
      }
      at++;
    }
    return new Token(Kind.NUMBER, start, at, text.substring(start, at));
  }

  private static boolean isWordPart(char c) {
    return c != '`' && (Character.isUnicodeIdentifierPart(c) && !Character.isISOControl(c))
        || c == '$';
  }

  /** Reads from an opening quote to the closing one; doubled quotes stand for one. */
  private String quoted(char quote, String what) {
    int start = at;
    at++;
    StringBuilder value = new StringBuilder();
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c != quote) {
        value.append(c);
      } else if (at < text.length() && text.charAt(at) == quote) {
        value.append(quote);
        at++;
      } else {
        return value.toString();
      }
    }
    throw SqlProblem.parsing(
        source.position(start, start + 1),
        "The " + what + " that starts here has no closing " + quote);
  }

  /**
   * What is no escape stays as it is: a parser of expressions complains about it with more skill.
   */
  private static String unescape(String raw) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c == '\\' && i + 1 < raw.length() && raw.charAt(i + 1) == '\\') {
        out.append('\\');
        i++;
      } else if (c == '\\' && raw.length() >= i + 5 && isHex(raw, i + 1, i + 5)) {
        out.append((char) Integer.parseInt(raw.substring(i + 1, i + 5), 16));
        i += 4;
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  private static boolean isHex(String text, int from, int to) {
    return text.substring(from, to).chars().allMatch(c -> Character.digit(c, 16) >= 0);
  }

  private void skipBlanks() {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
        at++;
      } else if (text.startsWith("--", at)) {
        while (at < text.length() && text.charAt(at) != '\n' && text.charAt(at) != '\r') {
          at++;
        }
      } else if (text.startsWith("/*", at)) {
        int close = text.indexOf("*/", at + 2);
        if (close < 0) {
          throw SqlProblem.parsing(
              source.position(at, at + 2), "The comment that starts here has no closing */");
        }
        if (text.startsWith("/*+", at)) {
          hints.add(at + 2);
        }
        at = close + 2;
      } else {
        return;
      }
    }
  }
}
