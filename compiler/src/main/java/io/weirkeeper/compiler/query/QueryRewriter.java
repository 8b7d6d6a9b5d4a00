package io.weirkeeper.compiler.query;

import io.weirkeeper.compiler.program.Program;
import io.weirkeeper.compiler.program.SqlProblem;
import io.weirkeeper.core.plan.SourcePosition;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.apache.calcite.avatica.util.TimeUnit;
import org.apache.calcite.sql.JoinType;
import org.apache.calcite.sql.SqlBasicCall;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlCharStringLiteral;
import org.apache.calcite.sql.SqlDataTypeSpec;
import org.apache.calcite.sql.SqlFunction;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlIntervalQualifier;
import org.apache.calcite.sql.SqlJoin;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlLiteral;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlNodeList;
import org.apache.calcite.sql.SqlNumericLiteral;
import org.apache.calcite.sql.SqlOrderBy;
import org.apache.calcite.sql.SqlSelect;
import org.apache.calcite.sql.SqlUtil;
import org.apache.calcite.sql.SqlWindow;
import org.apache.calcite.sql.SqlWithItem;
import org.apache.calcite.sql.fun.SqlCase;
import org.apache.calcite.sql.fun.SqlLibraryOperators;
import org.apache.calcite.sql.fun.SqlStdOperatorTable;
import org.apache.calcite.sql.parser.SqlParserPos;
import org.apache.calcite.sql.util.SqlBasicVisitor;
import org.apache.calcite.sql.util.SqlShuttle;
import org.apache.calcite.util.NlsString;

/**
 * Turns a parsed query into one that Calcite's validator and Flink know: forms that only the
 * dialect has become standard ones, and what can't be translated is refused. Positions stay those
 * of the program.
 */
final class QueryRewriter extends SqlShuttle {

  private static final Set<SqlKind> UNSUPPORTED =
      Set.of(
          SqlKind.PIVOT,
          SqlKind.UNPIVOT,
          SqlKind.MATCH_RECOGNIZE,
          SqlKind.TABLESAMPLE,
          SqlKind.SNAPSHOT,
          SqlKind.EXTEND,
          SqlKind.ARRAY_QUERY_CONSTRUCTOR,
          SqlKind.MAP_QUERY_CONSTRUCTOR,
          SqlKind.MULTISET_QUERY_CONSTRUCTOR,
          SqlKind.MULTISET_VALUE_CONSTRUCTOR,
          SqlKind.CURSOR,
          SqlKind.SOME,
          SqlKind.ALL,
          SqlKind.LAMBDA,
          SqlKind.WITHIN_GROUP,
          SqlKind.WITHIN_DISTINCT,
          SqlKind.RESPECT_NULLS,
          SqlKind.IGNORE_NULLS,
          SqlKind.OVERLAPS,
          SqlKind.CONTAINS,
          SqlKind.PRECEDES,
          SqlKind.IMMEDIATELY_PRECEDES,
          SqlKind.SUCCEEDS,
          SqlKind.IMMEDIATELY_SUCCEEDS,
          SqlKind.PERIOD_EQUALS,
          SqlKind.SIMILAR,
          SqlKind.NEXT_VALUE,
          SqlKind.CURRENT_VALUE,
          SqlKind.DYNAMIC_PARAM,
          SqlKind.GROUP_BY_DISTINCT,
          SqlKind.COLLECTION_TABLE);

  /** Functions without parentheses whose value moves with time or depends on who asks. */
  private static final Set<String> MOVING =
      Set.of(
          "CURRENT_DATE",
          "CURRENT_TIME",
          "CURRENT_TIMESTAMP",
          "LOCALTIME",
          "LOCALTIMESTAMP",
          "CURRENT_USER",
          "SESSION_USER",
          "SYSTEM_USER",
          "CURRENT_ROLE",
          "CURRENT_PATH",
          "CURRENT_CATALOG",
          "CURRENT_SCHEMA");

  private static final Map<String, Boolean> ALL_OR_ANY =
      Map.of(
          "EVERY", true,
          "BOOL_AND", true,
          "LOGICAL_AND", true,
          "SOME", false,
          "BOOL_OR", false,
          "LOGICAL_OR", false);

  private final Program program;
  private final Function<Program.DistinctOn, SqlNodeList> parseList;

  /**
   * A rewriter for queries of a program.
   *
   * @param parseList parses a list of expressions that the reader took out of the query
   */
  QueryRewriter(Program program, Function<Program.DistinctOn, SqlNodeList> parseList) {
    this.program = program;
    this.parseList = parseList;
  }

  @Override
  public SqlNode visit(SqlDataTypeSpec type) {
    return TypeNames.normalize(type, false);
  }

  @Override
  public SqlNode visit(SqlIdentifier id) {
    if (id.isSimple() && !id.isStar() && !id.isComponentQuoted(0)) {
      String name = id.getSimple().toUpperCase(Locale.ROOT);
      if (MOVING.contains(name)) {
        throw SqlProblem.notSupported(Positions.of(id), "'" + name + "'");
      }
    }
    return id;
  }

  @Override
  public SqlNode visit(SqlLiteral literal) {
    if (literal instanceof SqlCharStringLiteral
        && literal.getValueAs(NlsString.class).getCharsetName() != null) {
      return SqlLiteral.createCharString(
          literal.getValueAs(NlsString.class).getValue(), literal.getParserPosition());
    }
    return literal;
  }

  @Override
  public SqlNode visit(SqlCall call) {
    refuse(call);
    if (call instanceof SqlOrderBy orderBy) {
      return orderBy(orderBy);
    }
    if (call instanceof SqlSelect select) {
      return select(select, SqlNodeList.EMPTY);
    }
    if (call.getKind() == SqlKind.FILTER
        && call.operand(0) instanceof SqlCall aggregate
        && (ALL_OR_ANY.containsKey(nameOf(aggregate)) || nameOf(aggregate).equals("COUNTIF"))) {
      return filtered(call, aggregate);
    }
    SqlNode rewritten = super.visit(call);
    return rewritten instanceof SqlCall changed ? rewrite(changed) : rewritten;
  }

  private void refuse(SqlCall call) {
    SqlKind kind = call.getKind();
    SourcePosition where = Positions.of(call);
    if (UNSUPPORTED.contains(kind) && !ALL_OR_ANY.containsKey(nameOf(call))) {
      String what = call.getOperator().getName();
      if (kind == SqlKind.COLLECTION_TABLE && call.operand(0) instanceof SqlCall function) {
        what = nameOf(function);
      }
      throw SqlProblem.notSupported(
          where, "'" + (what.isEmpty() || what.equals("-") ? kind.sql : what) + "'");
    }
    if (call instanceof SqlJoin join
        && (join.getJoinType() == JoinType.ASOF || join.getJoinType() == JoinType.LEFT_ASOF)) {
      throw SqlProblem.notSupported(where, "'ASOF JOIN'");
    }
    if (call instanceof SqlWithItem item
        && item.recursive != null
        && item.recursive.booleanValue()) {
      throw SqlProblem.notSupported(where, "'WITH RECURSIVE'");
    }
    if (call.getOperator() instanceof SqlFunction
        && !ALL_OR_ANY.containsKey(nameOf(call))
        && Functions.knownButMissing(nameOf(call))) {
      throw SqlProblem.notSupported(where, "'" + nameOf(call) + "'");
    }
  }

  private static String nameOf(SqlCall call) {
    String name = call.getOperator().getName().toUpperCase(Locale.ROOT);
    // Calcite has two operators for one function.
    return name.startsWith("JSON_") ? name.replaceAll("_(NULL|ABSENT)_ON_NULL$", "") : name;
  }

  private SqlNode rewrite(SqlCall call) {
    SqlParserPos pos = call.getParserPosition();
    switch (call.getKind()) {
      case LITERAL_CHAIN -> {
        return chain(call);
      }
      case INTERVAL -> {
        return interval(call);
      }
      default -> {
        // By name.
      }
    }
    if (call.getOperator() == SqlLibraryOperators.INFIX_CAST) {
      return SqlStdOperatorTable.CAST.createCall(pos, call.getOperandList());
    }
    if (call.getOperator() == SqlLibraryOperators.NULL_SAFE_EQUAL) {
      return SqlStdOperatorTable.IS_NOT_DISTINCT_FROM.createCall(pos, call.getOperandList());
    }
    if (!(call.getOperator() instanceof SqlFunction)) {
      return call;
    }
    String name = nameOf(call);
    int arguments = call.operandCount();
    if (ALL_OR_ANY.containsKey(name) && arguments == 1) {
      return allOrAny(ALL_OR_ANY.get(name), call, null);
    }
    return switch (name) {
      case "TRY_CAST" -> SqlLibraryOperators.SAFE_CAST.createCall(pos, call.getOperandList());
      case "COUNTIF" -> arguments == 1 ? countIf(call, null) : call;
      case "IFNULL" ->
          arguments == 2
              ? SqlStdOperatorTable.COALESCE.createCall(pos, call.getOperandList())
              : call;
      case "IF" ->
          arguments == 3
              ? new SqlCase(
                  pos,
                  null,
                  SqlNodeList.of(call.operand(0)),
                  SqlNodeList.of(call.operand(1)),
                  call.operand(2))
              : call;
      case "LENGTH", "LEN" ->
          SqlStdOperatorTable.CHAR_LENGTH.createCall(pos, call.getOperandList());
      case "DATE_TRUNC", "TIME_TRUNC", "TIMESTAMP_TRUNC" ->
          arguments == 2
              ? SqlStdOperatorTable.FLOOR.createCall(pos, call.operand(0), unit(call.operand(1)))
              : call;
      case "DATEDIFF" ->
          arguments == 3
              ? SqlStdOperatorTable.TIMESTAMP_DIFF.createCall(
                  pos, unit(call.operand(0)), call.operand(1), call.operand(2))
              : call;
      default -> call;
    };
  }

  private static SqlNode unit(SqlNode node) {
    if (node instanceof SqlIdentifier id && id.isSimple()) {
      try {
        return new SqlIntervalQualifier(
            TimeUnit.valueOf(id.getSimple().toUpperCase(Locale.ROOT).replace("SQL_TSI_", "")),
            null,
            id.getParserPosition());
      } catch (IllegalArgumentException e) {
        throw SqlProblem.compilation(
            Positions.of(node), "'" + id.getSimple() + "' is no unit of time");
      }
    }
    if (node instanceof SqlIntervalQualifier qualifier && qualifier.timeFrameName != null) {
      try {
        return new SqlIntervalQualifier(
            TimeUnit.valueOf(qualifier.timeFrameName.toUpperCase(Locale.ROOT)),
            null,
            node.getParserPosition());
      } catch (IllegalArgumentException e) {
        throw SqlProblem.compilation(
            Positions.of(node), "'" + qualifier.timeFrameName + "' is no unit of time");
      }
    }
    return node;
  }

  private SqlNode filtered(SqlCall filter, SqlCall aggregate) {
    SqlCall inner = (SqlCall) super.visit(aggregate);
    SqlNode condition = filter.operand(1).accept(this);
    String name = nameOf(aggregate);
    return name.equals("COUNTIF")
        ? countIf(inner, condition)
        : allOrAny(ALL_OR_ANY.get(name), inner, condition);
  }

  /** {@code COUNTIF(c)} is {@code COUNT(*) FILTER (WHERE c)}. */
  private static SqlNode countIf(SqlCall call, SqlNode filter) {
    SqlParserPos pos = call.getParserPosition();
    SqlNode condition = call.operand(0);
    if (filter != null) {
      condition = SqlStdOperatorTable.AND.createCall(pos, condition, filter);
    }
    return SqlStdOperatorTable.FILTER.createCall(
        pos, SqlStdOperatorTable.COUNT.createCall(pos, SqlIdentifier.star(pos)), condition);
  }

  /** Flink has no aggregates of booleans: the smallest or largest of 0 and 1 says the same. */
  private static SqlNode allOrAny(boolean all, SqlCall call, SqlNode filter) {
    SqlParserPos pos = call.getParserPosition();
    SqlNode condition = call.operand(0);
    SqlNode number =
        new SqlCase(
            pos,
            null,
            new SqlNodeList(
                List.of(condition, SqlStdOperatorTable.NOT.createCall(pos, condition)), pos),
            new SqlNodeList(
                List.of(
                    SqlLiteral.createExactNumeric("1", pos),
                    SqlLiteral.createExactNumeric("0", pos)),
                pos),
            SqlLiteral.createNull(pos));
    SqlNode extreme =
        (all ? SqlStdOperatorTable.MIN : SqlStdOperatorTable.MAX).createCall(pos, number);
    if (filter != null) {
      extreme = SqlStdOperatorTable.FILTER.createCall(pos, extreme, filter);
    }
    return SqlStdOperatorTable.EQUALS.createCall(
        pos, extreme, SqlLiteral.createExactNumeric("1", pos));
  }

  /** Literals that follow each other on different lines are one. */
  private static SqlNode chain(SqlCall call) {
    int line = 0;
    List<SqlLiteral> parts = new ArrayList<>();
    for (SqlNode part : call.getOperandList()) {
      if (part.getParserPosition().getLineNum() == line) {
        throw SqlProblem.parsing(
            Positions.of(part), "A string literal can only be continued on another line");
      }
      line = part.getParserPosition().getEndLineNum();
      parts.add((SqlLiteral) part);
    }
    return SqlUtil.concatenateLiterals(parts);
  }

  /** {@code INTERVAL 1 DAY} is {@code INTERVAL '1' DAY}; of an expression it is a product. */
  private static SqlNode interval(SqlCall call) {
    SqlParserPos pos = call.getParserPosition();
    SqlNode amount = call.operand(0);
    SqlIntervalQualifier qualifier = call.operand(1);
    if (amount instanceof SqlNumericLiteral number && number.isInteger()) {
      String digits = number.toValue();
      return SqlLiteral.createInterval(
          1,
          digits,
          new SqlIntervalQualifier(
              qualifier.getStartUnit(),
              Math.max(2, digits.length()),
              qualifier.getEndUnit() == qualifier.getStartUnit() ? null : qualifier.getEndUnit(),
              org.apache.calcite.rel.type.RelDataType.PRECISION_NOT_SPECIFIED,
              qualifier.getParserPosition()),
          pos);
    }
    return SqlStdOperatorTable.MULTIPLY.createCall(
        pos, amount, SqlLiteral.createInterval(1, "1", qualifier, pos));
  }

  private SqlNode orderBy(SqlOrderBy orderBy) {
    SqlNodeList order = orderBy.orderList;
    SqlNode query = orderBy.query;
    boolean limited = orderBy.fetch != null || orderBy.offset != null;
    if (order.size() == 1 && isOrderAll(order.get(0)) != null) {
      order = limited || distinctOn(query) != null ? everyColumn(query, order.get(0)) : order;
    }
    if (limited) {
      checkLimit(orderBy);
    }
    SqlNode rewritten;
    boolean distinctOn = distinctOn(query) != null;
    if (distinctOn) {
      rewritten = select((SqlSelect) query, order);
    } else {
      rewritten = query.accept(this);
    }
    if (!limited) {
      // A relation is a multiset: its order means nothing (spec: sql.md §1.4).
      return rewritten;
    }
    SqlNodeList keys = (SqlNodeList) order.accept(this);
    return new SqlOrderBy(
        orderBy.getParserPosition(), rewritten, keys, orderBy.offset, orderBy.fetch);
  }

  private static void checkLimit(SqlOrderBy orderBy) {
    if (orderBy.fetch == null) {
      throw SqlProblem.notSupported(Positions.of(orderBy.offset), "OFFSET without LIMIT");
    }
    for (SqlNode count : new SqlNode[] {orderBy.fetch, orderBy.offset}) {
      if (count != null && !(count instanceof SqlNumericLiteral number && number.isInteger())) {
        throw SqlProblem.notSupported(
            Positions.of(count), "LIMIT or OFFSET by anything but a number");
      }
    }
  }

  /** {@code all}, perhaps with a direction, or null. */
  private static SqlIdentifier isOrderAll(SqlNode item) {
    SqlNode node = item;
    while (node instanceof SqlBasicCall call
        && (call.getKind() == SqlKind.DESCENDING
            || call.getKind() == SqlKind.NULLS_FIRST
            || call.getKind() == SqlKind.NULLS_LAST)) {
      node = call.operand(0);
    }
    return node instanceof SqlIdentifier id
            && id.isSimple()
            && id.getSimple().equals("all")
            && !id.isComponentQuoted(0)
        ? id
        : null;
  }

  private static SqlNodeList everyColumn(SqlNode query, SqlNode all) {
    if (!(query instanceof SqlSelect select) || hasStar(select)) {
      throw SqlProblem.notSupported(
          Positions.of(all), "ORDER BY ALL of anything but a list of expressions");
    }
    List<SqlNode> keys = new ArrayList<>();
    for (int i = 1; i <= select.getSelectList().size(); i++) {
      SqlNode ordinal = SqlLiteral.createExactNumeric("" + i, all.getParserPosition());
      keys.add(
          all.accept(
              new SqlShuttle() {
                @Override
                public SqlNode visit(SqlIdentifier id) {
                  return ordinal;
                }
              }));
    }
    return new SqlNodeList(keys, all.getParserPosition());
  }

  private static boolean hasStar(SqlSelect select) {
    for (SqlNode item : select.getSelectList()) {
      if (item instanceof SqlIdentifier id && id.isStar()
          || item.getKind() == SqlKind.SELECT
          || item.getClass().getSimpleName().startsWith("SqlStar")) {
        return true;
      }
    }
    return false;
  }

  private Program.DistinctOn distinctOn(SqlNode query) {
    if (query instanceof SqlSelect select) {
      SqlParserPos pos = select.getParserPosition();
      for (Program.DistinctOn candidate : program.distinctOn()) {
        if (candidate.select().startLine() == pos.getLineNum()
            && candidate.select().startColumn() == pos.getColumnNum()) {
          return candidate;
        }
      }
    }
    return null;
  }

  private SqlNode select(SqlSelect original, SqlNodeList order) {
    SqlSelect select = (SqlSelect) super.visit((SqlCall) original);
    if (select == original) {
      select = (SqlSelect) original.clone(original.getParserPosition());
    }
    groupByAll(select);
    Program.DistinctOn distinctOn = distinctOn(original);
    if (distinctOn != null) {
      firstOfEach(select, (SqlNodeList) parseList.apply(distinctOn).accept(this), order);
    }
    return select;
  }

  private void groupByAll(SqlSelect select) {
    SqlNodeList group = select.getGroup();
    if (group == null || group.size() != 1 || !isGroupByAll(group.get(0))) {
      return;
    }
    if (hasStar(select)) {
      throw SqlProblem.notSupported(Positions.of(group.get(0)), "GROUP BY ALL with '*'");
    }
    List<SqlNode> keys = new ArrayList<>();
    for (SqlNode item : select.getSelectList()) {
      SqlNode expression = item.getKind() == SqlKind.AS ? ((SqlCall) item).operand(0) : item;
      if (!hasAggregate(expression) && !(expression instanceof SqlLiteral)) {
        keys.add(expression);
      }
    }
    select.setGroupBy(new SqlNodeList(keys, group.getParserPosition()));
  }

  private boolean isGroupByAll(SqlNode item) {
    SqlParserPos pos = item.getParserPosition();
    return item instanceof SqlNumericLiteral
        && program.groupByAll().stream()
            .anyMatch(
                all ->
                    all.startLine() == pos.getLineNum() && all.startColumn() == pos.getColumnNum());
  }

  private static boolean hasAggregate(SqlNode expression) {
    boolean[] found = {false};
    expression.accept(
        new SqlBasicVisitor<Void>() {
          @Override
          public Void visit(SqlCall call) {
            if (call instanceof SqlSelect) {
              return null;
            }
            found[0] |=
                call.getOperator().isAggregator()
                    || call.getOperator() instanceof SqlFunction
                        && Functions.AGGREGATES.contains(nameOf(call));
            return super.visit(call);
          }
        });
    return found[0];
  }

  /** {@code DISTINCT ON} is the first row of each group by the order. */
  private static void firstOfEach(SqlSelect select, SqlNodeList groups, SqlNodeList order) {
    SqlParserPos pos = groups.getParserPosition();
    if (select.getGroup() != null || select.getQualify() != null) {
      throw SqlProblem.notSupported(
          Positions.of(pos), "DISTINCT ON together with GROUP BY or QUALIFY");
    }
    List<SqlNode> keys = new ArrayList<>(order.getList());
    if (keys.isEmpty()) {
      keys.addAll(groups.getList());
    }
    for (SqlNode item : select.getSelectList()) {
      SqlNode expression = item.getKind() == SqlKind.AS ? ((SqlCall) item).operand(0) : item;
      if (expression instanceof SqlIdentifier id && !id.isStar()) {
        keys.add(expression);
      }
    }
    SqlNode window =
        SqlWindow.create(
            null,
            null,
            groups,
            new SqlNodeList(keys, pos),
            SqlLiteral.createBoolean(false, pos),
            null,
            null,
            null,
            pos);
    SqlNode number =
        SqlStdOperatorTable.OVER.createCall(
            pos, SqlStdOperatorTable.ROW_NUMBER.createCall(pos), window);
    select.setQualify(
        SqlStdOperatorTable.EQUALS.createCall(
            pos, number, SqlLiteral.createExactNumeric("1", pos)));
  }
}
