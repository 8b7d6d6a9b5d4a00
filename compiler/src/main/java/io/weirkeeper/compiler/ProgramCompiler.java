package io.weirkeeper.compiler;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.compiler.program.Name;
import io.weirkeeper.compiler.program.Program;
import io.weirkeeper.compiler.program.ProgramReader;
import io.weirkeeper.compiler.program.Property;
import io.weirkeeper.compiler.program.SourceText;
import io.weirkeeper.compiler.program.SqlProblem;
import io.weirkeeper.compiler.program.Statement;
import io.weirkeeper.compiler.program.Statement.CreateTable;
import io.weirkeeper.compiler.program.Statement.CreateView;
import io.weirkeeper.compiler.query.Catalog;
import io.weirkeeper.core.compile.CompileRequest;
import io.weirkeeper.core.compile.CompileResult;
import io.weirkeeper.core.compile.CompileResult.Outcome;
import io.weirkeeper.core.compile.CompilerMessage;
import io.weirkeeper.core.plan.ColumnPlan;
import io.weirkeeper.core.plan.ConnectorPlan;
import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.core.plan.SourcePosition;
import io.weirkeeper.core.plan.TablePlan;
import io.weirkeeper.core.plan.ViewPlan;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Compiles programs: text in, plan and {@code program_info} or errors out. Stateless. */
final class ProgramCompiler {

  /** Size of a program at most, in bytes of UTF-8: 2 MiB and some margin for the controller. */
  static final int MAX_PROGRAM_BYTES = (2 << 20) + (64 << 10);

  /** Views of a program at most. */
  static final int MAX_VIEWS = 2_000;

  /** Errors that one compilation reports at most. */
  static final int MAX_MESSAGES = 100;

  private static final Set<String> TABLE_PROPERTIES =
      Set.of("connectors", "materialized", "append_only", "expected_size", "skip_unused_columns");

  private static final Set<String> VIEW_PROPERTIES = Set.of("connectors", "emit_final");

  /** Views of the system: a program can't declare them. */
  private static final Set<String> SYSTEM_RELATIONS = Set.of("error_view");

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Planner planner;

  /** Asked about a plan that this compiler holds for right. */
  interface Planner {
    /**
     * What the engine would refuse.
     *
     * @return reasons by the name of the view or table; one that is not about a relation has a null
     *     key
     */
    Map<String, String> refusals(PipelinePlan plan);
  }

  ProgramCompiler(Planner planner) {
    this.planner = planner;
  }

  /** Compiles a program. */
  CompileResult compile(CompileRequest request) {
    String code = request.programCode() == null ? "" : request.programCode();
    SourceText source = new SourceText(code);
    Run run = new Run(source);
    try {
      checkRequest(request, source);
      run.compile();
    } catch (SqlProblem problem) {
      run.problems.add(problem);
    }
    if (run.problems.isEmpty()) {
      return new CompileResult(
          request.requestId(), Outcome.SUCCESS, List.of(), run.programInfo(), run.plan(), null);
    }
    return new CompileResult(
        request.requestId(), Outcome.SQL_ERROR, run.messages(), null, null, null);
  }

  private static void checkRequest(CompileRequest request, SourceText source) {
    String code = source.text();
    if (code.length() > MAX_PROGRAM_BYTES
        || code.getBytes(StandardCharsets.UTF_8).length > MAX_PROGRAM_BYTES) {
      throw SqlProblem.compilation(
          null, "The program is larger than " + MAX_PROGRAM_BYTES + " bytes");
    }
    int nul = code.indexOf('\0');
    if (nul >= 0) {
      throw SqlProblem.parsing(
          source.position(nul, nul + 1), "The program contains a NUL character; remove it");
    }
    if (isWritten(request.udfRust()) || isWritten(request.udfToml())) {
      throw SqlProblem.notSupported(null, "User-defined functions in Rust: udf.rs and udf.toml");
    }
  }

  private static boolean isWritten(String text) {
    return text != null && !text.isBlank();
  }

  /** One compilation. */
  private final class Run {

    final SourceText source;
    final List<SqlProblem> problems = new ArrayList<>();
    final List<TablePlan> tables = new ArrayList<>();
    final List<ViewPlan> views = new ArrayList<>();
    final Map<String, Statement> statements = new HashMap<>();
    final List<ConnectorPlan> connectors = new ArrayList<>();
    Catalog catalog;

    Run(SourceText source) {
      this.source = source;
    }

    void compile() {
      Program program = ProgramReader.read(source);
      problems.addAll(program.problems());
      catalog = new Catalog(program);
      Set<String> broken = new HashSet<>(program.broken());
      for (Statement statement : program.statements()) {
        Name name =
            statement instanceof CreateTable table ? table.name() : ((CreateView) statement).name();
        try {
          checkName(name);
          boolean declared =
              statement instanceof CreateTable table
                  ? table(table)
                  : view((CreateView) statement, broken);
          if (declared) {
            statements.put(name.text(), statement);
          } else {
            broken.add(name.text());
          }
        } catch (SqlProblem problem) {
          problems.add(problem);
          broken.add(name.text());
        }
      }
      checkForeignKeys();
      if (problems.isEmpty() && !views.isEmpty()) {
        checkPlan();
      }
    }

    private void checkName(Name name) {
      if (SYSTEM_RELATIONS.contains(name.text())) {
        throw SqlProblem.compilation(
            name.position(), "'" + name.text() + "' is a view of the system; take another name");
      }
      if (catalog.contains(name.text())) {
        throw SqlProblem.compilation(
            name.position(), "A table or view named '" + name.text() + "' is declared already");
      }
    }

    private boolean table(CreateTable table) {
      checkProperties(table.properties(), TABLE_PROPERTIES, "a table");
      boolean materialized = flag(table.properties(), "materialized");
      boolean appendOnly = flag(table.properties(), "append_only");
      flag(table.properties(), "skip_unused_columns");
      Property size = table.properties().get("expected_size");
      if (size != null && !size.value().strip().matches("[0-9]{1,18}")) {
        throw SqlProblem.compilation(
            size.valuePosition(), "'expected_size' must be a number of rows");
      }
      if (appendOnly && !table.primaryKey().isEmpty()) {
        throw SqlProblem.compilation(
            table.properties().get("append_only").keyPosition(),
            "A table with a PRIMARY KEY can't be append_only: an insert of a known key replaces the"
                + " row");
      }
      // A key makes the table materialized (spec: sql.md §1.3).
      TablePlan plan =
          catalog.declare(table, materialized || !table.primaryKey().isEmpty(), appendOnly);
      tables.add(plan);
      Connectors.add(
          plan.name(), true, plan.materialized(), table.properties().get("connectors"), connectors);
      return true;
    }

    private boolean view(CreateView view, Set<String> broken) {
      if (views.size() >= MAX_VIEWS) {
        throw SqlProblem.compilation(
            view.name().position(), "A program can have " + MAX_VIEWS + " views at most");
      }
      checkProperties(view.properties(), VIEW_PROPERTIES, "a view");
      Property emitFinal = view.properties().get("emit_final");
      if (emitFinal != null) {
        throw SqlProblem.notSupported(emitFinal.keyPosition(), "'emit_final'");
      }
      var plan = catalog.declare(view, broken);
      plan.ifPresent(views::add);
      Property declared = view.properties().get("connectors");
      if (declared != null && plan.isPresent() && plan.get().kind() == ViewPlan.Kind.LOCAL) {
        throw SqlProblem.compilation(
            declared.keyPosition(), "A LOCAL view is no output: it can't have connectors");
      }
      Connectors.add(
          view.name().text(),
          false,
          plan.isPresent() && plan.get().kind() == ViewPlan.Kind.MATERIALIZED,
          declared,
          connectors);
      return plan.isPresent();
    }

    private void checkProperties(Map<String, Property> properties, Set<String> known, String of) {
      for (Property property : properties.values()) {
        if (!known.contains(property.key())) {
          throw SqlProblem.compilation(
              property.keyPosition(),
              "'"
                  + property.key()
                  + "' is no property of "
                  + of
                  + "; known are "
                  + String.join(", ", known.stream().sorted().toList()));
        }
      }
    }

    private boolean flag(Map<String, Property> properties, String key) {
      Property property = properties.get(key);
      if (property == null) {
        return false;
      }
      return switch (property.value().strip().toLowerCase(Locale.ROOT)) {
        case "true" -> true;
        case "false" -> false;
        default ->
            throw SqlProblem.compilation(
                property.valuePosition(),
                "'" + key + "' must be 'true' or 'false', found '" + property.value() + "'");
      };
    }

    /** A foreign key refers to the whole primary key of a table, type by type. */
    private void checkForeignKeys() {
      Map<String, TablePlan> byName = new HashMap<>();
      tables.forEach(table -> byName.put(table.name(), table));
      for (Statement statement : statements.values()) {
        if (statement instanceof CreateTable table) {
          for (Statement.ForeignKey key : table.foreignKeys()) {
            try {
              checkForeignKey(byName, byName.get(table.name().text()), key);
            } catch (SqlProblem problem) {
              problems.add(problem);
            }
          }
        }
      }
    }

    private void checkForeignKey(
        Map<String, TablePlan> byName, TablePlan from, Statement.ForeignKey key) {
      TablePlan target = byName.get(key.table().text());
      if (target == null) {
        if (problems.isEmpty()) {
          throw SqlProblem.compilation(
              key.table().position(), "Table '" + key.table().text() + "' not found");
        }
        return;
      }
      if (key.columns().size() != key.targets().size()) {
        throw SqlProblem.compilation(
            key.table().position(), "A FOREIGN KEY needs as many columns as it refers to");
      }
      for (int i = 0; i < key.columns().size(); i++) {
        Name target1 = key.targets().get(i);
        ColumnPlan column = column(from, key.columns().get(i));
        ColumnPlan referred = column(target, target1);
        if (target.primaryKey() == null || !target.primaryKey().contains(target1.text())) {
          throw SqlProblem.compilation(
              target1.position(),
              "Column '"
                  + target1.text()
                  + "' is not in the PRIMARY KEY of table '"
                  + target.name()
                  + "'");
        }
        if (!column
            .columntype()
            .withNullable(true)
            .equals(referred.columntype().withNullable(true))) {
          throw SqlProblem.compilation(
              key.columns().get(i).position(),
              "Column '"
                  + column.name()
                  + "' has another type than '"
                  + target.name()
                  + "."
                  + referred.name()
                  + "'");
        }
      }
    }

    private ColumnPlan column(TablePlan table, Name name) {
      return table.columns().stream()
          .filter(column -> column.name().equals(name.text()))
          .findFirst()
          .orElseThrow(
              () ->
                  SqlProblem.compilation(
                      name.position(),
                      "Column '" + name.text() + "' not found in table '" + table.name() + "'"));
    }

    private void checkPlan() {
      planner
          .refusals(plan())
          .forEach(
              (relation, reason) -> {
                Statement statement = relation == null ? null : statements.get(relation);
                problems.add(
                    new SqlProblem(
                        statement == null ? null : statement.position(),
                        SqlProblem.NOT_IMPLEMENTED,
                        (relation == null ? "The program" : "'" + relation + "'")
                            + " can't be run yet: "
                            + reason));
              });
    }

    PipelinePlan plan() {
      return new PipelinePlan(PipelinePlan.FORMAT_VERSION, tables, views, connectors);
    }

    List<CompilerMessage> messages() {
      return problems.stream()
          .sorted(
              Comparator.comparing(
                  SqlProblem::position,
                  Comparator.nullsFirst(
                      Comparator.comparingInt(SourcePosition::startLine)
                          .thenComparingInt(SourcePosition::startColumn))))
          .limit(MAX_MESSAGES)
          .map(this::message)
          .toList();
    }

    private CompilerMessage message(SqlProblem problem) {
      SourcePosition at = problem.position();
      boolean known = at != null && at.endLine() <= source.lines();
      return new CompilerMessage(
          known ? at.startLine() : 0,
          known ? at.startColumn() : 0,
          known ? at.endLine() : 0,
          known ? at.endColumn() : 0,
          false,
          problem.errorType(),
          problem.getMessage(),
          known ? source.snippet(at) : null);
    }

    // ---- program_info (spec: pipeline-protocol §10)

    ObjectNode programInfo() {
      ObjectNode info = JSON.createObjectNode();
      ObjectNode schema = info.putObject("schema");
      ArrayNode inputs = schema.putArray("inputs");
      for (TablePlan table : tables) {
        CreateTable declared = (CreateTable) statements.get(table.name());
        ObjectNode relation =
            relation(
                table.name(), table.caseSensitive(), table.materialized(), declared.properties());
        ArrayNode fields = relation.putArray("fields");
        for (int i = 0; i < table.columns().size(); i++) {
          ColumnPlan column = table.columns().get(i);
          var expression = declared.columns().get(i).defaultValue();
          String text =
              expression == null ? null : source.slice(expression.start(), expression.end());
          fields.add(field(column, text, !catalog.isUsed(table.name(), column.name())));
        }
        if (table.primaryKey() == null) {
          relation.putNull("primary_key");
        } else {
          ArrayNode key = relation.putArray("primary_key");
          table.primaryKey().forEach(key::add);
        }
        inputs.add(relation);
      }
      ArrayNode outputs = schema.putArray("outputs");
      for (ViewPlan view : views) {
        if (view.kind() == ViewPlan.Kind.LOCAL) {
          continue;
        }
        CreateView declared = (CreateView) statements.get(view.name());
        ObjectNode relation =
            relation(
                view.name(),
                view.caseSensitive(),
                view.kind() == ViewPlan.Kind.MATERIALIZED,
                declared.properties());
        ArrayNode fields = relation.putArray("fields");
        view.columns().forEach(column -> fields.add(field(column, null, false)));
        relation.putNull("primary_key");
        outputs.add(relation);
      }
      info.put("udf_stubs", "");
      ObjectNode inputConnectors = info.putObject("input_connectors");
      ObjectNode outputConnectors = info.putObject("output_connectors");
      for (ConnectorPlan connector : connectors) {
        (connector.input() ? inputConnectors : outputConnectors)
            .set(connector.endpoint(), connector.config());
      }
      ObjectNode dataflow = catalog.dataflow();
      RelationDigests.of(tables, views, catalog::inputsOf).mark(dataflow);
      info.set("dataflow", dataflow);
      return info;
    }

    private ObjectNode relation(
        String name,
        boolean caseSensitive,
        boolean materialized,
        Map<String, Property> properties) {
      ObjectNode relation = JSON.createObjectNode();
      relation.put("name", name);
      relation.put("case_sensitive", caseSensitive);
      relation.put("materialized", materialized);
      ObjectNode values = relation.putObject("properties");
      for (Property property : properties.values()) {
        ObjectNode value = values.putObject(property.key());
        value.put("value", property.value());
        value.set("key_position", JSON.valueToTree(property.keyPosition()));
        value.set("value_position", JSON.valueToTree(property.valuePosition()));
      }
      return relation;
    }

    private ObjectNode field(ColumnPlan column, String defaultText, boolean unused) {
      ObjectNode field = JSON.createObjectNode();
      field.put("name", column.name());
      field.put("case_sensitive", column.caseSensitive());
      field.set("columntype", JSON.valueToTree(column.columntype()));
      field.putNull("lateness");
      field.put("default", defaultText);
      field.put("unused", unused);
      field.putNull("watermark");
      return field;
    }
  }
}
