package io.weirkeeper.compiler.program;

import io.weirkeeper.compiler.program.Statement.Column;
import io.weirkeeper.compiler.program.Statement.CreateTable;
import io.weirkeeper.compiler.program.Statement.CreateView;
import io.weirkeeper.compiler.program.Statement.ForeignKey;
import io.weirkeeper.compiler.program.Token.Kind;
import io.weirkeeper.core.plan.SourcePosition;
import io.weirkeeper.core.plan.ViewPlan;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Reads the statements of a program. A statement with an error is reported and left out; reading
 * goes on with the next one.
 */
public final class ProgramReader {

  /** Statements of a program at most. */
  public static final int MAX_STATEMENTS = 10_000;

  /** Parentheses inside parentheses at most. */
  public static final int MAX_NESTING = 256;

  /** Tokens of a statement at most: parsing takes time by the square of a chain of operators. */
  public static final int MAX_STATEMENT_TOKENS = 60_000;

  /** Columns of a table at most. */
  public static final int MAX_COLUMNS = 4_000;

  /**
   * What stands for {@code DATETIME} in {@link Program#readable}: Calcite's parser takes that word
   * for the beginning of something else.
   */
  public static final String DATETIME = "dt__time";

  private static final Set<String> COLUMN_CONSTRAINTS =
      Set.of("primary", "foreign", "references", "lateness", "default", "watermark", "interned");

  private static final Set<String> AFTER_GROUP_BY_ALL =
      Set.of(
          "having",
          "window",
          "qualify",
          "order",
          "limit",
          "offset",
          "fetch",
          "union",
          "except",
          "minus",
          "intersect");

  private final SourceText source;
  private final List<SqlProblem> problems = new ArrayList<>();
  private final List<Statement> statements = new ArrayList<>();
  private final List<SourcePosition> groupByAll = new ArrayList<>();
  private final List<Program.DistinctOn> distinctOn = new ArrayList<>();
  private final Set<String> broken = new HashSet<>();
  private List<Token> tokens = List.of();
  private int at;
  private Name declared;

  private ProgramReader(SourceText source) {
    this.source = source;
  }

  /** Reads a program; never fails, what is wrong stands in {@link Program#problems()}. */
  public static Program read(SourceText source) {
    ProgramReader reader = new ProgramReader(source);
    SourceText readable = source;
    try {
      StringBuilder edited = new StringBuilder(source.text());
      List<Integer> hints = new ArrayList<>();
      reader.tokens = Lexer.tokens(source, hints);
      hints.forEach(hint -> edited.setCharAt(hint, ' '));
      reader.checkSizes();
      reader.replaceUnknownSyntax(edited);
      readable = new SourceText(edited.toString());
      reader.readStatements();
    } catch (SqlProblem problem) {
      reader.problems.add(problem);
    }
    return new Program(
        source,
        readable,
        reader.statements,
        reader.groupByAll,
        reader.distinctOn,
        reader.broken,
        reader.problems);
  }

  private void checkSizes() {
    int depth = 0;
    int count = 0;
    for (Token token : tokens) {
      count = token.isSymbol(";") ? 0 : count + 1;
      if (count > MAX_STATEMENT_TOKENS) {
        throw SqlProblem.compilation(
            position(token),
            "The statement has more than " + MAX_STATEMENT_TOKENS + " words and symbols; split it");
      }
      if (token.isSymbol("(") || token.isSymbol("[")) {
        if (++depth > MAX_NESTING) {
          throw SqlProblem.compilation(
              position(token),
              "More than "
                  + MAX_NESTING
                  + " parentheses are open here; split the query into views");
        }
      } else if (token.isSymbol(")") || token.isSymbol("]")) {
        depth--;
      } else if (token.isSymbol(";")) {
        depth = 0;
      }
    }
  }

  /** Replaces what Calcite's parser does not know by something as long that it does. */
  private void replaceUnknownSyntax(StringBuilder edited) {
    for (int i = 0; i + 2 < tokens.size(); i++) {
      Token token = tokens.get(i);
      Token next = tokens.get(i + 1);
      if (token.is("group") && next.is("by") && tokens.get(i + 2).is("all")) {
        Token all = tokens.get(i + 2);
        Token after = tokens.get(Math.min(i + 3, tokens.size() - 1));
        if (after.kind() == Kind.END
            || after.isSymbol(")")
            || after.isSymbol(";")
            || AFTER_GROUP_BY_ALL.contains(after.value())) {
          edited.replace(all.start(), all.end(), "111");
          groupByAll.add(position(all));
        }
      } else if (token.is("distinct") && next.is("on") && tokens.get(i + 2).isSymbol("(")) {
        int close = closing(i + 2);
        if (i > 0 && tokens.get(i - 1).is("select") && close > i + 3) {
          Fragment list = fragment(tokens.get(i + 3).start(), tokens.get(close - 1).end());
          distinctOn.add(new Program.DistinctOn(position(tokens.get(i - 1)), list));
          for (int c = token.start(); c < tokens.get(close).end(); c++) {
            if (edited.charAt(c) != '\n' && edited.charAt(c) != '\r') {
              edited.setCharAt(c, ' ');
            }
          }
        }
      } else if (token.is("number")
          && next.isSymbol("(")
          && tokens.get(i + 2).kind() == Kind.NUMBER) {
        edited.replace(token.start(), token.end(), "dec   ");
      } else if (next.is("datetime")
          && (token.isSymbol("::") || token.is("as") && tokens.get(i + 2).isSymbol(")"))) {
        edited.replace(next.start(), next.end(), DATETIME);
      }
    }
  }

  /** The index of the parenthesis that closes the one at an index, or of the end of the program. */
  private int closing(int open) {
    int depth = 0;
    for (int i = open; i < tokens.size(); i++) {
      if (tokens.get(i).isSymbol("(")) {
        depth++;
      } else if (tokens.get(i).isSymbol(")") && --depth == 0) {
        return i;
      }
    }
    return tokens.size() - 1;
  }

  private void readStatements() {
    int count = 0;
    while (peek().kind() != Kind.END) {
      if (peek().isSymbol(";")) {
        at++;
        continue;
      }
      if (++count > MAX_STATEMENTS) {
        throw SqlProblem.compilation(
            position(peek()), "A program can have " + MAX_STATEMENTS + " statements at most");
      }
      declared = null;
      try {
        readStatement();
        if (peek().kind() != Kind.END && !peek().isSymbol(";")) {
          throw unexpected("';' or the end of the program");
        }
      } catch (SqlProblem problem) {
        problems.add(problem);
        if (declared != null) {
          broken.add(declared.text());
        }
        while (peek().kind() != Kind.END && !peek().isSymbol(";")) {
          at++;
        }
      }
    }
  }

  private void readStatement() {
    Token first = take();
    if (first.is("set")) {
      readSet();
    } else if (first.is("create")) {
      readCreate(first);
    } else if (first.is("declare") || first.is("lateness")) {
      throw SqlProblem.notSupported(
          statementPosition(first), first.is("declare") ? "DECLARE RECURSIVE VIEW" : "LATENESS");
    } else if (first.is("insert")
        || first.is("update")
        || first.is("delete")
        || first.is("drop")
        || first.is("alter")
        || first.is("truncate")) {
      throw SqlProblem.compilation(
          position(first),
          first.value().toUpperCase(Locale.ROOT)
              + " can't stand in a program: programs declare tables and views");
    } else {
      at--;
      throw unexpected("CREATE or SET");
    }
  }

  private void readSet() {
    takeName("an option");
    expectSymbol("=");
    Token value = take();
    if (value.kind() == Kind.END || value.isSymbol(";")) {
      at--;
      throw unexpected("ON, OFF or a literal");
    }
  }

  private void readCreate(Token create) {
    Token what = take();
    if (what.is("table")) {
      readTable(create);
    } else if (what.is("view")) {
      readView(create, ViewPlan.Kind.PLAIN);
    } else if (what.is("local") || what.is("materialized")) {
      expectWord("view");
      readView(create, what.is("local") ? ViewPlan.Kind.LOCAL : ViewPlan.Kind.MATERIALIZED);
    } else if (what.is("function")
        || what.is("type")
        || what.is("index")
        || what.is("aggregate")
        || what.is("linear")) {
      throw SqlProblem.notSupported(
          statementPosition(create), "CREATE " + what.value().toUpperCase(Locale.ROOT));
    } else {
      at--;
      throw unexpected("TABLE, VIEW, LOCAL VIEW or MATERIALIZED VIEW");
    }
  }

  private void readTable(Token create) {
    Name name = takeRelationName();
    expectSymbol("(");
    List<Column> columns = new ArrayList<>();
    List<Name> primaryKey = new ArrayList<>();
    List<ForeignKey> foreignKeys = new ArrayList<>();
    do {
      Token element = peek();
      if (element.is("primary") && peek(1).is("key")) {
        at += 2;
        List<Name> key = takeNames();
        if (!primaryKey.isEmpty()) {
          throw SqlProblem.compilation(
              position(element, previous()),
              "Table '" + name.text() + "' has two PRIMARY KEY declarations; keep one");
        }
        primaryKey.addAll(key);
      } else if (element.is("foreign") && peek(1).is("key")) {
        at += 2;
        List<Name> from = takeNames();
        expectWord("references");
        Name target = takeName("a table");
        foreignKeys.add(new ForeignKey(from, target, takeNames()));
      } else {
        columns.add(readColumn(name, primaryKey, foreignKeys));
        if (columns.size() > MAX_COLUMNS) {
          throw SqlProblem.compilation(
              columns.get(MAX_COLUMNS).name().position(),
              "A table can have " + MAX_COLUMNS + " columns at most");
        }
      }
    } while (takeIfSymbol(","));
    expectSymbol(")");
    Map<String, Property> properties = readProperties();
    statements.add(
        new CreateTable(
            name, columns, primaryKey, foreignKeys, properties, position(create, previous())));
  }

  private Column readColumn(Name table, List<Name> primaryKey, List<ForeignKey> foreignKeys) {
    Name name = takeName("a column");
    Fragment type = takeType();
    Boolean nullability = null;
    if (peek().is("null")) {
      at++;
      nullability = true;
    } else if (peek().is("not") && peek(1).is("null")) {
      at += 2;
      nullability = false;
    }
    Fragment defaultValue = null;
    while (!peek().isSymbol(",") && !peek().isSymbol(")")) {
      Token constraint = take();
      if (constraint.is("primary")) {
        expectWord("key");
        if (!primaryKey.isEmpty()) {
          throw SqlProblem.compilation(
              position(constraint, previous()),
              "Table '"
                  + table.text()
                  + "' has two PRIMARY KEY declarations; name all key columns in one: PRIMARY KEY"
                  + " (a, b)");
        }
        primaryKey.add(name);
      } else if (constraint.is("foreign")) {
        expectWord("key");
        expectWord("references");
        Name target = takeName("a table");
        foreignKeys.add(new ForeignKey(List.of(name), target, takeNames()));
      } else if (constraint.is("default")) {
        int start = peek().start();
        skipExpression();
        if (peek().start() == start) {
          throw unexpected("an expression");
        }
        defaultValue = fragment(start, previous().end());
      } else if (constraint.is("lateness")
          || constraint.is("watermark")
          || constraint.is("interned")) {
        skipExpression();
        throw SqlProblem.notSupported(
            position(constraint, previous()),
            constraint.value().toUpperCase(Locale.ROOT) + " of a column");
      } else {
        at--;
        throw unexpected("NOT NULL, PRIMARY KEY, FOREIGN KEY, DEFAULT, ',' or ')'");
      }
    }
    return new Column(name, type, nullability, defaultValue);
  }

  /** A type ends at a comma, a closing parenthesis or a constraint that is not inside it. */
  private Fragment takeType() {
    int start = peek().start();
    int first = at;
    int depth = 0;
    while (peek().kind() != Kind.END && !peek().isSymbol(";")) {
      Token token = peek();
      if (depth == 0
          && (token.isSymbol(",")
              || token.isSymbol(")")
              || token.is("not")
              || token.is("null")
              || token.is("constraint")
              || token.kind() == Kind.WORD && COLUMN_CONSTRAINTS.contains(token.value()))) {
        break;
      }
      if (token.isSymbol("(") || token.isSymbol("<")) {
        depth++;
      } else if (token.isSymbol(")") || token.isSymbol(">")) {
        depth--;
      }
      at++;
    }
    if (at == first) {
      throw unexpected("the column's type");
    }
    return fragment(start, previous().end());
  }

  /** An expression ends at a comma, a closing parenthesis or a constraint that is not inside it. */
  private void skipExpression() {
    int depth = 0;
    while (peek().kind() != Kind.END && !peek().isSymbol(";")) {
      Token token = peek();
      if (depth == 0
          && (token.isSymbol(",")
              || token.isSymbol(")")
              || token.kind() == Kind.WORD && COLUMN_CONSTRAINTS.contains(token.value()))) {
        return;
      }
      if (token.isSymbol("(") || token.isSymbol("[")) {
        depth++;
      } else if (token.isSymbol(")") || token.isSymbol("]")) {
        depth--;
      }
      at++;
    }
  }

  private void readView(Token create, ViewPlan.Kind kind) {
    Name name = takeRelationName();
    List<Name> columns = peek().isSymbol("(") ? takeNames() : List.of();
    Map<String, Property> properties = readProperties();
    expectWord("as");
    int start = peek().start();
    int first = at;
    while (peek().kind() != Kind.END && !peek().isSymbol(";")) {
      at++;
    }
    if (at == first) {
      throw unexpected("a query");
    }
    statements.add(
        new CreateView(
            name,
            kind,
            columns,
            properties,
            fragment(start, previous().end()),
            position(create, previous())));
  }

  private Map<String, Property> readProperties() {
    Map<String, Property> properties = new LinkedHashMap<>();
    if (!peek().is("with")) {
      return properties;
    }
    at++;
    expectSymbol("(");
    do {
      int keyStart = at;
      String key = takeString("a property name in single quotes");
      SourcePosition keyPosition = position(tokens.get(keyStart), previous());
      expectSymbol("=");
      int valueStart = at;
      String value = takeString("a value in single quotes");
      SourcePosition valuePosition = position(tokens.get(valueStart), previous());
      if (properties.put(key, new Property(key, value, keyPosition, valuePosition)) != null) {
        throw SqlProblem.compilation(keyPosition, "Property '" + key + "' is given twice");
      }
    } while (takeIfSymbol(","));
    expectSymbol(")");
    return properties;
  }

  /** A string literal; literals on following lines are part of it. */
  private String takeString(String what) {
    if (peek().kind() != Kind.STRING) {
      throw unexpected(what);
    }
    StringBuilder value = new StringBuilder(take().value());
    while (peek().kind() == Kind.STRING) {
      String between = source.slice(previous().end(), peek().start());
      if (!between.contains("\n") && !between.contains("\r")) {
        throw unexpected("one string literal, or the next one on another line");
      }
      value.append(take().value());
    }
    return value.toString();
  }

  private List<Name> takeNames() {
    expectSymbol("(");
    List<Name> names = new ArrayList<>();
    do {
      names.add(takeName("a column"));
    } while (takeIfSymbol(","));
    expectSymbol(")");
    return names;
  }

  private Name takeRelationName() {
    Name name = takeName("a name");
    if (!name.quoted() && ReservedWords.contains(name.text())) {
      throw SqlProblem.parsing(
          name.position(),
          "'"
              + name.text()
              + "' is a reserved word; quote it (\""
              + name.text()
              + "\") or take another name");
    }
    declared = name;
    return name;
  }

  private Name takeName(String what) {
    if (!peek().isName()) {
      throw unexpected(what);
    }
    Token token = take();
    return new Name(token.value(), token.kind() == Kind.QUOTED, position(token));
  }

  private Token peek() {
    return tokens.get(at);
  }

  private Token peek(int ahead) {
    return tokens.get(Math.min(at + ahead, tokens.size() - 1));
  }

  private Token take() {
    Token token = tokens.get(at);
    if (token.kind() != Kind.END) {
      at++;
    }
    return token;
  }

  private Token previous() {
    return tokens.get(Math.max(0, at - 1));
  }

  private boolean takeIfSymbol(String symbol) {
    if (peek().isSymbol(symbol)) {
      at++;
      return true;
    }
    return false;
  }

  private void expectSymbol(String symbol) {
    if (!takeIfSymbol(symbol)) {
      throw unexpected("'" + symbol + "'");
    }
  }

  private void expectWord(String word) {
    if (!peek().is(word)) {
      throw unexpected(word.toUpperCase(Locale.ROOT));
    }
    at++;
  }

  private SqlProblem unexpected(String expected) {
    Token token = peek();
    String found =
        token.kind() == Kind.END
            ? "the end of the program"
            : "\"" + source.slice(token.start(), token.end()) + "\"";
    SourcePosition where =
        token.kind() == Kind.END && at > 0 ? position(tokens.get(at - 1)) : position(token);
    return SqlProblem.parsing(where, "Encountered " + found + "; expected " + expected);
  }

  /** From a statement's first token to its last. */
  private SourcePosition statementPosition(Token first) {
    int last = at;
    while (tokens.get(last).kind() != Kind.END && !tokens.get(last).isSymbol(";")) {
      last++;
    }
    return position(first, tokens.get(Math.max(0, last - 1)));
  }

  private Fragment fragment(int start, int end) {
    return new Fragment(start, end, source.position(start, end));
  }

  private SourcePosition position(Token token) {
    return source.position(token.start(), token.end());
  }

  private SourcePosition position(Token first, Token last) {
    return source.position(first.start(), last.end());
  }
}
