package io.weirkeeper.engine.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Splits a text into statements and tells them apart by their first words. Knows just enough of the
 * syntax for that: quotes, dollar quotes and comments. What a query may do is not decided here but
 * by DuckDB's own parser.
 */
final class StatementParser {

  private final String sql;
  private int position;

  private StatementParser(String sql) {
    this.sql = sql;
  }

  /** A word, a quoted name, or a single other character, with its place in the text. */
  private record Token(String text, boolean quoted, int start, int end) {
    boolean is(String keyword) {
      return !quoted && text.equalsIgnoreCase(keyword);
    }

    String name() {
      return quoted ? text : text.toLowerCase(Locale.ROOT);
    }
  }

  static List<AdHocStatement> parse(String sql) throws AdHocQueryException {
    StatementParser parser = new StatementParser(sql);
    List<AdHocStatement> statements = new ArrayList<>();
    List<Token> tokens = new ArrayList<>();
    while (true) {
      Token token = parser.next();
      if (token != null && !(token.text().equals(";") && !token.quoted())) {
        tokens.add(token);
        continue;
      }
      if (!tokens.isEmpty()) {
        statements.add(statement(sql, tokens));
        tokens.clear();
      }
      if (token == null) {
        return List.copyOf(statements);
      }
    }
  }

  private static AdHocStatement statement(String sql, List<Token> tokens)
      throws AdHocQueryException {
    String text = sql.substring(tokens.get(0).start(), tokens.get(tokens.size() - 1).end());
    String first = tokens.get(0).quoted() ? "" : tokens.get(0).text().toUpperCase(Locale.ROOT);
    return switch (first) {
      case "SELECT", "WITH", "VALUES", "TABLE", "FROM", "(", "SHOW", "DESCRIBE" ->
          plain(AdHocStatement.Kind.QUERY, text);
      case "EXPLAIN" -> plain(AdHocStatement.Kind.EXPLAIN, text);
      case "PREPARE" -> plain(AdHocStatement.Kind.PREPARE, text);
      case "EXECUTE" -> plain(AdHocStatement.Kind.EXECUTE, text);
      case "DEALLOCATE" -> plain(AdHocStatement.Kind.DEALLOCATE, text);
      case "INSERT" -> insert(sql, tokens, text);
      default -> plain(AdHocStatement.Kind.OTHER, text);
    };
  }

  private static AdHocStatement plain(AdHocStatement.Kind kind, String text) {
    return new AdHocStatement(kind, text, null, List.of(), null);
  }

  // INSERT INTO [qualifier .] name [( column, ... )] source
  private static AdHocStatement insert(String sql, List<Token> tokens, String text)
      throws AdHocQueryException {
    int at = 1;
    if (tokens.size() < 4 || !tokens.get(at++).is("INTO")) {
      throw new AdHocQueryException("expected INSERT INTO table followed by VALUES or a query");
    }
    Token name = tokens.get(at++);
    while (at + 1 < tokens.size() && tokens.get(at).is(".")) {
      name = tokens.get(at + 1);
      at += 2;
    }
    List<String> columns = new ArrayList<>();
    if (at + 1 < tokens.size() && tokens.get(at).is("(") && !startsQuery(tokens.get(at + 1))) {
      at++;
      while (at < tokens.size() && !tokens.get(at).is(")")) {
        if (!tokens.get(at).is(",")) {
          columns.add(tokens.get(at).name());
        }
        at++;
      }
      at++;
    }
    if (at >= tokens.size()) {
      throw new AdHocQueryException("INSERT INTO " + name.text() + " has no VALUES and no query");
    }
    String source = sql.substring(tokens.get(at).start(), tokens.get(tokens.size() - 1).end());
    return new AdHocStatement(
        AdHocStatement.Kind.INSERT, text, name.name(), List.copyOf(columns), source);
  }

  private static boolean startsQuery(Token token) {
    return token.is("SELECT")
        || token.is("WITH")
        || token.is("VALUES")
        || token.is("FROM")
        || token.is("TABLE")
        || token.is("(");
  }

  private Token next() throws AdHocQueryException {
    skipBlanks();
    if (position >= sql.length()) {
      return null;
    }
    int start = position;
    char c = sql.charAt(position);
    if (c == '"') {
      String name = quoted('"', false);
      return new Token(name, true, start, position);
    }
    if (c == '\'') {
      quoted('\'', escapesBefore(start));
      return new Token("'", true, start, position);
    }
    if (c == '$') {
      int tagEnd = dollarTagEnd();
      if (tagEnd > 0) {
        String tag = sql.substring(position, tagEnd);
        int close = sql.indexOf(tag, tagEnd);
        if (close < 0) {
          throw new AdHocQueryException("the text quoted by " + tag + " does not end");
        }
        position = close + tag.length();
        return new Token(tag, true, start, position);
      }
    }
    if (Character.isJavaIdentifierStart(c)) {
      while (position < sql.length() && Character.isJavaIdentifierPart(sql.charAt(position))) {
        position++;
      }
      return new Token(sql.substring(start, position), false, start, position);
    }
    position++;
    return new Token(String.valueOf(c), false, start, position);
  }

  /** Whether the quote follows an E that stands alone: E'...' has backslash escapes. */
  private boolean escapesBefore(int quote) {
    return quote > 0
        && (sql.charAt(quote - 1) == 'e' || sql.charAt(quote - 1) == 'E')
        && (quote == 1 || !Character.isJavaIdentifierPart(sql.charAt(quote - 2)));
  }

  private String quoted(char quote, boolean backslashes) throws AdHocQueryException {
    StringBuilder text = new StringBuilder();
    int i = position + 1;
    while (i < sql.length()) {
      char c = sql.charAt(i);
      if (backslashes && c == '\\') {
        i += 2;
      } else if (c != quote) {
        text.append(c);
        i++;
      } else if (i + 1 < sql.length() && sql.charAt(i + 1) == quote) {
        text.append(quote);
        i += 2;
      } else {
        position = i + 1;
        return text.toString();
      }
    }
    throw new AdHocQueryException(
        "the text quoted by %s that begins at character %d does not end"
            .formatted(quote, position + 1));
  }

  private int dollarTagEnd() {
    int i = position + 1;
    while (i < sql.length() && (Character.isLetterOrDigit(sql.charAt(i)) || sql.charAt(i) == '_')) {
      i++;
    }
    boolean digitFirst = i > position + 1 && Character.isDigit(sql.charAt(position + 1));
    return i < sql.length() && sql.charAt(i) == '$' && !digitFirst ? i + 1 : -1;
  }

  private void skipBlanks() throws AdHocQueryException {
    while (position < sql.length()) {
      char c = sql.charAt(position);
      if (Character.isWhitespace(c)) {
        position++;
      } else if (sql.startsWith("--", position)) {
        int end = sql.indexOf('\n', position);
        position = end < 0 ? sql.length() : end + 1;
      } else if (sql.startsWith("/*", position)) {
        skipComment();
      } else {
        return;
      }
    }
  }

  // DuckDB nests comments.
  private void skipComment() throws AdHocQueryException {
    int depth = 0;
    int i = position;
    while (i < sql.length()) {
      if (sql.startsWith("/*", i)) {
        depth++;
        i += 2;
      } else if (sql.startsWith("*/", i)) {
        depth--;
        i += 2;
        if (depth == 0) {
          position = i;
          return;
        }
      } else {
        i++;
      }
    }
    throw new AdHocQueryException(
        "the comment that begins at character %d does not end".formatted(position + 1));
  }
}
