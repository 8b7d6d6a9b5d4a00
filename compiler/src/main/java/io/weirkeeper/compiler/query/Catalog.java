package io.weirkeeper.compiler.query;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.compiler.program.Fragment;
import io.weirkeeper.compiler.program.Name;
import io.weirkeeper.compiler.program.Program;
import io.weirkeeper.compiler.program.SourceText;
import io.weirkeeper.compiler.program.SqlProblem;
import io.weirkeeper.compiler.program.Statement.Column;
import io.weirkeeper.compiler.program.Statement.CreateTable;
import io.weirkeeper.compiler.program.Statement.CreateView;
import io.weirkeeper.core.plan.ColumnPlan;
import io.weirkeeper.core.plan.SourcePosition;
import io.weirkeeper.core.plan.TablePlan;
import io.weirkeeper.core.plan.ViewPlan;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.apache.calcite.avatica.util.Casing;
import org.apache.calcite.avatica.util.Quoting;
import org.apache.calcite.config.CalciteConnectionConfigImpl;
import org.apache.calcite.config.CalciteConnectionProperty;
import org.apache.calcite.config.NullCollation;
import org.apache.calcite.jdbc.CalciteSchema;
import org.apache.calcite.prepare.CalciteCatalogReader;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rel.type.RelDataTypeFactory;
import org.apache.calcite.rel.type.RelDataTypeField;
import org.apache.calcite.rel.type.RelRecordType;
import org.apache.calcite.runtime.CalciteContextException;
import org.apache.calcite.runtime.CalciteException;
import org.apache.calcite.schema.impl.AbstractTable;
import org.apache.calcite.sql.SqlBasicCall;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlDataTypeSpec;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlJoin;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlNodeList;
import org.apache.calcite.sql.SqlSelect;
import org.apache.calcite.sql.parser.SqlParseException;
import org.apache.calcite.sql.parser.SqlParser;
import org.apache.calcite.sql.parser.babel.SqlBabelParserImpl;
import org.apache.calcite.sql.type.SqlTypeFactoryImpl;
import org.apache.calcite.sql.type.SqlTypeName;
import org.apache.calcite.sql.util.SqlBasicVisitor;
import org.apache.calcite.sql.validate.SqlConformance;
import org.apache.calcite.sql.validate.SqlConformanceEnum;
import org.apache.calcite.sql.validate.SqlDelegatingConformance;
import org.apache.calcite.sql.validate.SqlValidator;
import org.apache.calcite.sql.validate.SqlValidatorUtil;

/**
 * The tables and views of a program that are known so far. Declare them in program order; what is
 * wrong with one is thrown as a {@link SqlProblem} and leaves the catalogue as it was.
 */
public final class Catalog {

  /** Length of an identifier at most, in characters. */
  static final int MAX_IDENTIFIER = 1_000;

  /** Lines that are shown of what a parser would have liked to see. */
  private static final int MAX_EXPECTED = 8;

  private static final SqlConformance CONFORMANCE =
      new SqlDelegatingConformance(SqlConformanceEnum.BABEL) {
        @Override
        public SelectAliasLookup isSelectAlias() {
          return SelectAliasLookup.LEFT_TO_RIGHT;
        }

        @Override
        public boolean isNonStrictGroupBy() {
          return false;
        }

        @Override
        public boolean allowExplicitRowValueConstructor() {
          return true;
        }

        @Override
        public boolean allowLenientCoercion() {
          return false;
        }
      };

  private static final SqlParser.Config PARSER =
      SqlParser.config()
          .withParserFactory(SqlBabelParserImpl.FACTORY)
          .withConformance(CONFORMANCE)
          .withQuoting(Quoting.DOUBLE_QUOTE)
          .withUnquotedCasing(Casing.TO_LOWER)
          .withQuotedCasing(Casing.UNCHANGED)
          .withIdentifierMaxLength(MAX_IDENTIFIER)
          .withCaseSensitive(true);

  private static final SqlValidator.Config VALIDATOR =
      SqlValidator.Config.DEFAULT
          .withIdentifierExpansion(true)
          .withConformance(CONFORMANCE)
          .withCallRewrite(false)
          .withDefaultNullCollation(NullCollation.LOW);

  private final Program program;
  private final RelDataTypeFactory types = new DialectTypeFactory();
  private final CalciteSchema schema = CalciteSchema.createRootSchema(false, false);
  private final Map<String, Set<String>> used = new HashMap<>();
  private final Map<String, List<String>> inputs = new HashMap<>();
  private final FlinkSqlWriter.Knowledge knowledge =
      new FlinkSqlWriter.Knowledge(new HashMap<>(), new HashSet<>());

  private final DataflowGraph graph = new DataflowGraph();

  /** An empty catalogue for a program. */
  public Catalog(Program program) {
    this.program = program;
  }

  /** Whether a table or view of this name is known. */
  public boolean contains(String name) {
    return schema.getTable(name, true) != null;
  }

  /**
   * Adds a table.
   *
   * @throws SqlProblem for types, keys and defaults that are wrong or not supported
   */
  public TablePlan declare(CreateTable table, boolean materialized, boolean appendOnly) {
    Set<String> key = new HashSet<>();
    for (Name column : table.primaryKey()) {
      if (table.columns().stream().noneMatch(c -> c.name().text().equals(column.text()))) {
        throw SqlProblem.compilation(
            column.position(),
            "Column '" + column.text() + "' of the PRIMARY KEY is no column of the table");
      }
      if (!key.add(column.text())) {
        throw SqlProblem.compilation(
            column.position(), "Column '" + column.text() + "' is twice in the PRIMARY KEY");
      }
    }
    List<ColumnPlan> columns = new ArrayList<>();
    RelDataTypeFactory.Builder row = types.builder();
    Set<String> names = new HashSet<>();
    for (Column column : table.columns()) {
      String name = column.name().text();
      if (!names.add(name)) {
        throw SqlProblem.compilation(
            column.name().position(), "Column '" + name + "' is declared twice");
      }
      boolean isKey = key.contains(name);
      if (isKey && Boolean.TRUE.equals(column.nullability())) {
        throw SqlProblem.compilation(
            column.name().position(),
            "PRIMARY KEY column '" + name + "' can't be NULL; declare it NOT NULL");
      }
      boolean nullable = !isKey && !Boolean.FALSE.equals(column.nullability());
      RelDataType type = type(column.type(), nullable);
      row.add(name, type);
      columns.add(
          new ColumnPlan(
              name,
              column.name().quoted(),
              TypeNames.columnType(type, column.type().position()),
              TypeNames.flinkWithNullability(type),
              column.defaultValue() == null ? null : constant(column.defaultValue(), type)));
    }
    if (columns.isEmpty()) {
      throw SqlProblem.compilation(
          table.name().position(), "Table '" + table.name().text() + "' has no columns");
    }
    add(table.name().text(), row.build());
    graph.addTable(table.name().text(), table.name().position());
    if (!table.primaryKey().isEmpty()) {
      knowledge
          .keys()
          .put(table.name().text(), table.primaryKey().stream().map(Name::text).toList());
    }
    return new TablePlan(
        table.name().text(),
        table.name().quoted(),
        materialized,
        appendOnly,
        columns,
        table.primaryKey().isEmpty() ? null : table.primaryKey().stream().map(Name::text).toList());
  }

  /**
   * Translates a view and adds it.
   *
   * @param broken names of relations that could not be declared
   * @return the view, or nothing if it uses a broken relation: what is wrong has then been said
   * @throws SqlProblem for a query that is wrong or not supported
   */
  public Optional<ViewPlan> declare(CreateView view, Set<String> broken) {
    SourcePosition where = view.query().position();
    return explained(
        where,
        () -> {
          SqlNode parsed = parseQuery(view.query());
          if (uses(parsed, broken)) {
            return Optional.empty();
          }
          SqlNode rewritten = parsed.accept(new QueryRewriter(program, this::parseList));
          CalciteCatalogReader reader = reader();
          SqlValidator validator = validator(reader);
          SqlNode valid = validator.validate(rewritten);
          RelDataType row = validator.getValidatedNodeType(valid);
          List<ColumnPlan> columns = columns(view, parsed, row);
          List<String> names = columns.stream().map(ColumnPlan::name).toList();
          String sql = FlinkSqlWriter.write(validator, knowledge, valid, names, row);
          RelDataTypeFactory.Builder result = types.builder();
          for (int i = 0; i < names.size(); i++) {
            result.add(names.get(i), row.getFieldList().get(i).getType());
          }
          recordUse(view.name().text(), valid);
          graph.addView(view.name().text(), valid, validator, view.position());
          add(view.name().text(), result.build());
          return Optional.of(
              new ViewPlan(
                  view.name().text(),
                  view.name().quoted(),
                  view.kind(),
                  columns,
                  sql,
                  view.position(),
                  inputsOf(view.name().text())));
        });
  }

  /** The operators of what was declared so far (spec: pipeline-protocol §10, {@code dataflow}). */
  public ObjectNode dataflow() {
    return graph.json();
  }

  /** The relations that a view reads, in order of name. */
  public List<String> inputsOf(String view) {
    return inputs.getOrDefault(view, List.of());
  }

  /** Whether some view reads a column of a table; may say yes for one that is only mentioned. */
  public boolean isUsed(String table, String column) {
    Set<String> columns = used.getOrDefault(table, Set.of());
    return columns.contains(column) || columns.contains("*");
  }

  private List<ColumnPlan> columns(CreateView view, SqlNode parsed, RelDataType row) {
    SourcePosition where = view.query().position();
    List<RelDataTypeField> fields = row.getFieldList();
    if (!view.columns().isEmpty() && view.columns().size() != fields.size()) {
      throw SqlProblem.compilation(
          view.columns().get(0).position(),
          String.format(
              "View '%s' names %d columns, its query has %d",
              view.name().text(), view.columns().size(), fields.size()));
    }
    List<SqlNode> items =
        parsed instanceof SqlSelect select && select.getSelectList().size() == fields.size()
            ? select.getSelectList().getList()
            : null;
    List<ColumnPlan> columns = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < fields.size(); i++) {
      RelDataTypeField field = fields.get(i);
      SqlNode item = items == null ? null : items.get(i);
      Name declared = view.columns().isEmpty() ? null : view.columns().get(i);
      String name = declared == null ? field.getName() : declared.text();
      SourcePosition place =
          declared != null ? declared.position() : item == null ? where : Positions.of(item);
      if (!names.add(name)) {
        throw SqlProblem.compilation(
            place,
            "Column '"
                + name
                + "' appears twice in view '"
                + view.name().text()
                + "'; rename one with AS");
      }
      boolean quoted =
          declared != null
              ? declared.quoted()
              : !name.equals(name.toLowerCase(Locale.ROOT)) || isQuoted(item);
      columns.add(
          new ColumnPlan(
              name,
              quoted,
              TypeNames.columnType(field.getType(), item == null ? where : Positions.of(item)),
              TypeNames.flinkWithNullability(field.getType()),
              null));
    }
    return columns;
  }

  private static boolean isQuoted(SqlNode item) {
    SqlNode name =
        item instanceof SqlBasicCall as && as.getKind() == SqlKind.AS ? as.operand(1) : item;
    return name instanceof SqlIdentifier id
        && !id.isStar()
        && id.isComponentQuoted(id.names.size() - 1);
  }

  private void add(String name, RelDataType row) {
    schema.add(
        name,
        new AbstractTable() {
          @Override
          public RelDataType getRowType(RelDataTypeFactory factory) {
            return row;
          }
        });
  }

  private CalciteCatalogReader reader() {
    Properties properties = new Properties();
    properties.setProperty(CalciteConnectionProperty.CASE_SENSITIVE.camelName(), "true");
    return new CalciteCatalogReader(
        schema, List.of(), types, new CalciteConnectionConfigImpl(properties));
  }

  private static SqlValidator validator(CalciteCatalogReader reader) {
    return SqlValidatorUtil.newValidator(
        Functions.operatorTable(), reader, reader.getTypeFactory(), VALIDATOR);
  }

  // ---- parsing

  private SqlNode parseQuery(Fragment query) {
    return parse(query, "", SqlParser::parseQuery);
  }

  private SqlNodeList parseList(Program.DistinctOn distinctOn) {
    // The readable text has blanks here.
    SqlCall row =
        (SqlCall)
            parse(program.source(), distinctOn.expressions(), "ROW(", SqlParser::parseExpression);
    return new SqlNodeList(row.getOperandList(), row.getParserPosition());
  }

  /** The type that a fragment names. */
  private RelDataType type(Fragment fragment, boolean nullable) {
    return explained(
        fragment.position(),
        () -> {
          String written = program.source().slice(fragment.start(), fragment.end());
          if (written.equalsIgnoreCase("DATETIME")) {
            return types.createTypeWithNullability(
                types.createSqlType(SqlTypeName.TIMESTAMP, DialectTypes.TIMESTAMP_PRECISION),
                nullable);
          }
          // A column's type never stands so early that this prefix has no room.
          SqlNode cast = parse(fragment, "CAST(0 AS ", parser -> parser.parseExpression());
          if (!(((SqlCall) cast).operand(1) instanceof SqlDataTypeSpec spec)) {
            throw SqlProblem.notSupported(fragment.position(), "A column of type INTERVAL");
          }
          SqlDataTypeSpec normal = TypeNames.normalize(spec, true).withNullable(nullable);
          RelDataType type = normal.withNullable(false).deriveType(validator(reader()), false);
          if (nullable && type.isStruct()) {
            // The factory would make the fields nullable, too.
            return new RelRecordType(type.getStructKind(), type.getFieldList(), true);
          }
          return types.createTypeWithNullability(type, nullable);
        });
  }

  private JsonNode constant(Fragment fragment, RelDataType column) {
    return explained(
        fragment.position(),
        () -> {
          SqlNode expression =
              parse(fragment, "", SqlParser::parseExpression)
                  .accept(new QueryRewriter(program, this::parseList));
          CalciteCatalogReader reader = reader();
          return Constants.value(
              validator(reader), reader, expression, column, fragment.position());
        });
  }

  @FunctionalInterface
  private interface Parsing<T> {
    T parse(SqlParser parser) throws SqlParseException;
  }

  private <T> T parse(Fragment fragment, String prefix, Parsing<T> parsing) {
    return parse(program.readable(), fragment, prefix, parsing);
  }

  private static <T> T parse(
      SourceText source, Fragment fragment, String prefix, Parsing<T> parsing) {
    String text =
        source.fragment(fragment.start(), fragment.end(), prefix) + (prefix.isEmpty() ? "" : ")");
    try {
      return parsing.parse(SqlParser.create(text, PARSER));
    } catch (SqlParseException e) {
      SourcePosition at = Positions.of(e.getPos());
      if (at == null || isAfter(at, fragment.position())) {
        at =
            new SourcePosition(
                fragment.position().endLine(),
                fragment.position().endColumn(),
                fragment.position().endLine(),
                fragment.position().endColumn());
      }
      throw SqlProblem.parsing(at, shortened(e.getMessage()));
    }
  }

  private static boolean isAfter(SourcePosition at, SourcePosition fragment) {
    return at.startLine() > fragment.endLine()
        || at.startLine() == fragment.endLine() && at.startColumn() > fragment.endColumn();
  }

  /** A parser's complaint without the list of everything that it would have taken instead. */
  private static String shortened(String message) {
    List<String> lines = message.lines().map(String::stripTrailing).toList();
    int expecting = -1;
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).startsWith("Was expecting")) {
        expecting = i;
        break;
      }
    }
    if (expecting < 0) {
      return message.strip();
    }
    boolean isShort = lines.size() - expecting <= MAX_EXPECTED;
    return String.join("\n", isShort ? lines : lines.subList(0, expecting)).strip();
  }

  // ---- errors

  /** Runs a step of the compilation; whatever Calcite throws becomes a {@link SqlProblem}. */
  private static <T> T explained(SourcePosition where, Supplier<T> step) {
    try {
      return step.get();
    } catch (SqlProblem e) {
      throw e.position() == null ? new SqlProblem(where, e.errorType(), e.getMessage()) : e;
    } catch (CalciteContextException e) {
      SourcePosition at =
          e.getPosLine() <= 0
              ? where
              : new SourcePosition(
                  e.getPosLine(), e.getPosColumn(), e.getEndPosLine(), e.getEndPosColumn());
      String reason = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
      throw SqlProblem.compilation(
          at,
          String.format(
              "From line %d, column %d to line %d, column %d: %s",
              at.startLine(), at.startColumn(), at.endLine(), at.endColumn(), reason));
    } catch (CalciteException e) {
      throw SqlProblem.compilation(where, e.getMessage());
    } catch (StackOverflowError e) {
      throw SqlProblem.compilation(
          where, "The expression is nested too deeply; split it into several views");
    } catch (UnsupportedOperationException e) {
      throw SqlProblem.notSupported(
          where, "This query (" + (e.getMessage() == null ? "no details" : e.getMessage()) + ")");
    }
  }

  // ---- names

  private static boolean uses(SqlNode query, Set<String> names) {
    if (names.isEmpty()) {
      return false;
    }
    boolean[] found = {false};
    query.accept(
        new SqlBasicVisitor<Void>() {
          @Override
          public Void visit(SqlIdentifier id) {
            found[0] |= id.isSimple() && names.contains(id.getSimple());
            return null;
          }
        });
    return found[0];
  }

  private void recordUse(String view, SqlNode query) {
    Set<String> tables = new HashSet<>();
    Set<String> columns = new HashSet<>();
    query.accept(
        new SqlBasicVisitor<Void>() {
          @Override
          public Void visit(SqlCall call) {
            if (call.getKind() == SqlKind.AS
                && call.operand(0) instanceof SqlIdentifier table
                && table.isSimple()) {
              tables.add(table.getSimple());
              if (call.operandCount() > 2) {
                columns.add("*");
              }
            } else if (call instanceof SqlJoin join && join.isNatural()) {
              columns.add("*");
            }
            return super.visit(call);
          }

          @Override
          public Void visit(SqlIdentifier id) {
            columns.addAll(id.names);
            return null;
          }
        });
    // Names of common table expressions are no relations.
    tables.removeIf(name -> !contains(name));
    inputs.put(view, List.copyOf(new TreeSet<>(tables)));
    for (String table : tables) {
      used.computeIfAbsent(table, name -> new HashSet<>()).addAll(columns);
    }
  }

  private static final class DialectTypeFactory extends SqlTypeFactoryImpl {
    DialectTypeFactory() {
      super(new DialectTypes());
    }

    @Override
    public Charset getDefaultCharset() {
      return StandardCharsets.UTF_8;
    }
  }
}
