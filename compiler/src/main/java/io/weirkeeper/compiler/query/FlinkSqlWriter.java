package io.weirkeeper.compiler.query;

import io.weirkeeper.compiler.program.SqlProblem;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.calcite.avatica.util.TimeUnit;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.sql.JoinConditionType;
import org.apache.calcite.sql.JoinType;
import org.apache.calcite.sql.SqlBasicCall;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlIntervalLiteral;
import org.apache.calcite.sql.SqlIntervalQualifier;
import org.apache.calcite.sql.SqlJoin;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlLiteral;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlNodeList;
import org.apache.calcite.sql.SqlNumericLiteral;
import org.apache.calcite.sql.SqlSelect;
import org.apache.calcite.sql.SqlSelectKeyword;
import org.apache.calcite.sql.SqlSetOperator;
import org.apache.calcite.sql.SqlUnnestOperator;
import org.apache.calcite.sql.SqlWindow;
import org.apache.calcite.sql.SqlWith;
import org.apache.calcite.sql.SqlWithItem;
import org.apache.calcite.sql.fun.SqlBetweenOperator;
import org.apache.calcite.sql.fun.SqlCase;
import org.apache.calcite.sql.fun.SqlLikeOperator;
import org.apache.calcite.sql.type.SqlTypeName;
import org.apache.calcite.sql.type.SqlTypeUtil;
import org.apache.calcite.sql.util.SqlBasicVisitor;
import org.apache.calcite.sql.validate.SqlValidator;
import org.apache.calcite.sql.validate.SqlValidatorNamespace;
import org.apache.calcite.sql.validate.SqlValidatorScope;
import org.apache.calcite.util.BitString;
import org.apache.calcite.util.NlsString;

/**
 * Writes a validated query as Flink SQL. Everything is spelled out: names qualified and quoted,
 * operators in parentheses, types that Flink would derive otherwise cast. An operator that is not
 * dealt with here is refused.
 */
final class FlinkSqlWriter {

  private static final Set<SqlTypeName> NOT_ORDERED =
      Set.of(SqlTypeName.ARRAY, SqlTypeName.MAP, SqlTypeName.ROW, SqlTypeName.MULTISET);

  /** Digits of a DECIMAL that holds every BIGINT. */
  private static final int DECIMAL_OF_BIGINT = 19;

  private final SqlValidator validator;
  private final Knowledge knowledge;
  private final Casts casts = new Casts();
  private final ScalarFunctions functions = new ScalarFunctions(this, casts);

  private StringBuilder out = new StringBuilder();
  private SqlSelect select;
  private boolean rowsFiltered;
  private boolean lateral;
  private String typeOfNull;
  private Totals totals;
  private int depth;

  /**
   * The aggregates of a query without GROUP BY while its SELECT list and HAVING are written: what
   * they aggregate becomes columns of a query below.
   */
  private static final class Totals {
    final List<String> columns = new ArrayList<>();
    final List<String> types = new ArrayList<>();

    /** The column that an expression becomes. */
    String column(String expression, String type) {
      int known = columns.indexOf(expression);
      if (known < 0 || !types.get(known).equals(type)) {
        known = columns.size();
        columns.add(expression);
        types.add(type);
      }
      return "`g`.`a" + known + "`";
    }
  }

  /**
   * What is known of the relations that a query may use.
   *
   * @param keys primary keys by table
   * @param rowNumbers names of columns that may hold a ROW_NUMBER; the writer adds to them
   */
  record Knowledge(Map<String, List<String>> keys, Set<String> rowNumbers) {}

  private FlinkSqlWriter(SqlValidator validator, Knowledge knowledge) {
    this.validator = validator;
    this.knowledge = knowledge;
  }

  /** An identifier in Flink SQL. */
  static String quote(String name) {
    return "`" + name.replace("`", "``") + "`";
  }

  /** A string literal in Flink SQL. */
  static String literal(String value) {
    return "'" + value.replace("'", "''") + "'";
  }

  /**
   * A query in Flink SQL with given result columns.
   *
   * @param query as validated
   * @param names of the result columns
   * @param type of the query's rows
   * @throws SqlProblem at the place of what can't be translated
   */
  static String write(
      SqlValidator validator,
      Knowledge knowledge,
      SqlNode query,
      List<String> names,
      RelDataType type) {
    FlinkSqlWriter writer = new FlinkSqlWriter(validator, knowledge);
    StringBuilder out = writer.out;
    out.append("SELECT ");
    for (int i = 0; i < names.size(); i++) {
      RelDataType column = type.getFieldList().get(i).getType();
      out.append(i == 0 ? "" : ", ");
      if (NOT_ORDERED.contains(column.getSqlTypeName())) {
        out.append("`c").append(i).append('`');
      } else {
        out.append("CAST(`c").append(i).append("` AS ").append(TypeNames.flink(column)).append(')');
      }
      out.append(" AS ").append(quote(names.get(i)));
    }
    out.append(" FROM (");
    writer.findRowNumbers(query);
    writer.query(query);
    writer.renamed(type.getFieldNames(), names);
    out.append(") AS `v`(");
    for (int i = 0; i < names.size(); i++) {
      out.append(i == 0 ? "" : ", ").append("`c").append(i).append('`');
    }
    return out.append(')').toString();
  }

  // ---- queries

  private void query(SqlNode query) {
    switch (query.getKind()) {
      case SELECT -> select((SqlSelect) query);
      case UNION, INTERSECT, EXCEPT -> setOperation((SqlCall) query);
      case VALUES -> values((SqlCall) query);
      case WITH -> with((SqlWith) query);
      default -> throw refuse(query);
    }
  }

  private void setOperation(SqlCall call) {
    boolean all = ((SqlSetOperator) call.getOperator()).isAll();
    for (int i = 0; i < call.operandCount(); i++) {
      if (i > 0) {
        out.append(' ').append(call.getKind().name()).append(all ? " ALL " : " ");
      }
      out.append('(');
      query(call.operand(i));
      out.append(')');
    }
  }

  private void values(SqlCall call) {
    out.append("VALUES ");
    for (int i = 0; i < call.operandCount(); i++) {
      out.append(i == 0 ? "(" : ", (");
      list(((SqlCall) call.operand(i)).getOperandList());
      out.append(')');
    }
  }

  private void with(SqlWith with) {
    out.append("WITH ");
    for (int i = 0; i < with.withList.size(); i++) {
      SqlWithItem item = (SqlWithItem) with.withList.get(i);
      out.append(i == 0 ? "" : ", ").append(quote(item.name.getSimple()));
      if (item.columnList != null) {
        aliases(item.columnList.getList());
      }
      out.append(" AS (");
      query(item.query);
      out.append(')');
    }
    out.append(' ');
    query(with.body);
  }

  private void select(SqlSelect inner) {
    SqlSelect outer = select;
    boolean outerFiltered = rowsFiltered;
    select = inner;
    rowsFiltered = outerFiltered || inner.getQualify() != null;
    try {
      if (inner.getFetch() != null) {
        if (lateral) {
          throw SqlProblem.notSupported(
              Positions.of(inner.getFetch()),
              "LIMIT inside LATERAL (a join and a filter on ROW_NUMBER does the same)");
        }
        limited(inner);
      } else {
        List<String> names = names(inner);
        plain(inner, names, List.of());
      }
    } finally {
      select = outer;
      rowsFiltered = outerFiltered;
    }
  }

  private List<String> names(SqlNode query) {
    return validator.getNamespace(query).getRowType().getFieldNames();
  }

  private void plain(SqlSelect query, List<String> names, List<SqlNode> more) {
    out.append(query.isKeywordPresent(SqlSelectKeyword.DISTINCT) ? "SELECT DISTINCT " : "SELECT ");
    SqlNode skipped = skippedBy(query);
    if (skipped != null
        && (query.getGroup() != null
            || query.isKeywordPresent(SqlSelectKeyword.DISTINCT)
            || validator.isAggregate(query))) {
      throw SqlProblem.notSupported(
          Positions.of(skipped),
          "ROW_NUMBER with a lower bound in a query with DISTINCT, GROUP BY or aggregates (put the"
              + " bound into a view of its own)");
    }
    Totals outer = totals;
    totals = isTotal(query) ? new Totals() : null;
    try {
      items(query, names, more, skipped);
      if (totals == null) {
        clauses(query);
      } else {
        String having = query.getHaving() == null ? "" : " WHERE " + text(query.getHaving());
        totals(query, totals, having);
      }
    } finally {
      totals = outer;
    }
  }

  /**
   * Whether a query aggregates all its rows into one. Flink gives no row before there was one to
   * aggregate; the dialect has the row from the start.
   */
  private boolean isTotal(SqlSelect query) {
    boolean grouped = query.getGroup() != null && query.getGroup().size() > 0;
    if (grouped
        || query.getFrom() == null
        || query.getQualify() != null
        || !(validator.isAggregate(query) || query.getGroup() != null)) {
      return false;
    }
    return (depth == 0 || !isCorrelated(query)) && !hasWindowOrGrouping(query);
  }

  /** Writes FROM of a query that {@link #isTotal}: its input and one row that counts nowhere. */
  private void totals(SqlSelect query, Totals found, String having) {
    totals = null;
    StringBuilder nothing = new StringBuilder();
    out.append(" FROM (SELECT ");
    for (int i = 0; i < found.columns.size(); i++) {
      out.append(found.columns.get(i)).append(" AS `a").append(i).append("`, ");
      nothing.append("CAST(NULL AS ").append(found.types.get(i)).append("), ");
    }
    out.append("TRUE AS `r`");
    boolean filtered = rowsFiltered;
    out.append(" FROM ");
    rowsFiltered = query.getWhere() != null;
    from(query.getFrom());
    rowsFiltered = filtered;
    clause(" WHERE ", query.getWhere());
    out.append(" UNION ALL SELECT ").append(nothing).append("CAST(NULL AS BOOLEAN)) AS `g`");
    if (!having.isEmpty()) {
      out.append(" HAVING ").append(having, " WHERE ".length(), having.length());
    } else {
      out.append(" GROUP BY ()");
    }
  }

  private static boolean hasWindowOrGrouping(SqlSelect query) {
    boolean[] found = {false};
    SqlBasicVisitor<Void> search =
        new SqlBasicVisitor<>() {
          @Override
          public Void visit(SqlCall call) {
            if (call.getKind() == SqlKind.SELECT) {
              return null;
            }
            found[0] |=
                call.getKind() == SqlKind.OVER
                    || call.getOperator().getName().toUpperCase(Locale.ROOT).startsWith("GROUPING");
            return super.visit(call);
          }
        };
    query.getSelectList().accept(search);
    return found[0];
  }

  /** Whether a query names a relation that stands outside of it. */
  private static boolean isCorrelated(SqlSelect query) {
    Set<String> inside = new HashSet<>();
    Set<String> used = new HashSet<>();
    query.accept(
        new SqlBasicVisitor<Void>() {
          @Override
          public Void visit(SqlCall call) {
            if (call.getKind() == SqlKind.AS
                && call.operand(1) instanceof SqlIdentifier alias
                && alias.isSimple()) {
              inside.add(alias.getSimple());
            }
            return super.visit(call);
          }

          @Override
          public Void visit(SqlIdentifier id) {
            if (id.names.size() > 1) {
              used.add(id.names.get(0));
            }
            return null;
          }
        });
    used.removeAll(inside);
    return !used.isEmpty();
  }

  private void items(SqlSelect query, List<String> names, List<SqlNode> more, SqlNode skipped) {
    int column = 0;
    for (SqlNode item : query.getSelectList()) {
      out.append(column == 0 ? "" : ", ");
      if (skipped == null) {
        expression(withoutAlias(item));
      } else {
        RelDataType type =
            validator.getNamespace(query).getRowType().getFieldList().get(column).getType();
        out.append(guarded(text(withoutAlias(item)), text(skipped), type));
      }
      out.append(" AS ").append(quote(names.get(column++)));
    }
    for (int i = 0; i < more.size(); i++) {
      out.append(", ");
      expression(more.get(i));
      out.append(" AS ").append(quote("k" + i));
    }
  }

  private void clauses(SqlSelect query) {
    boolean filtered = rowsFiltered;
    if (query.getFrom() != null) {
      out.append(" FROM ");
      rowsFiltered = query.getWhere() != null;
      from(query.getFrom());
      rowsFiltered = filtered;
    } else if (query.getWhere() != null || query.getGroup() != null || query.getHaving() != null) {
      out.append(" FROM (VALUES (0)) AS `one`(`zero`)");
    }
    clause(" WHERE ", query.getWhere());
    if (query.getGroup() != null) {
      groupBy(query.getGroup());
    }
    clause(" HAVING ", query.getHaving());
    clause(" QUALIFY ", query.getQualify());
  }

  private void clause(String word, SqlNode condition) {
    if (condition != null) {
      out.append(word);
      expression(condition);
    }
  }

  /**
   * LIMIT in a form that does not depend on the order of arrival: after the query's own order, all
   * columns decide.
   */
  private void limited(SqlSelect query) {
    List<String> names = names(query);
    RelDataType row = validator.getNamespace(query).getRowType();
    List<SqlNode> keys = new ArrayList<>();
    List<String> directions = new ArrayList<>();
    if (query.getOrderList() != null) {
      for (SqlNode item : query.getOrderList()) {
        SqlNode key = item;
        String direction = "";
        while (key instanceof SqlBasicCall call) {
          if (call.getKind() == SqlKind.DESCENDING) {
            direction = " DESC" + direction;
          } else if (call.getKind() == SqlKind.NULLS_FIRST) {
            direction = direction + " NULLS FIRST";
          } else if (call.getKind() == SqlKind.NULLS_LAST) {
            direction = direction + " NULLS LAST";
          } else {
            break;
          }
          key = call.operand(0);
        }
        keys.add(orderKey(query, key, names));
        directions.add(direction);
      }
    }
    boolean skips = query.getOffset() != null;
    List<String> columns = new ArrayList<>();
    out.append("SELECT ");
    for (int i = 0; i < names.size(); i++) {
      columns.add("c" + i);
      String column = quote("c" + i);
      RelDataType type = row.getFieldList().get(i).getType();
      out.append(i == 0 ? "" : ", ");
      out.append(skips ? guarded(column, "`n`", type) : column);
      out.append(" AS ").append(quote(names.get(i)));
    }
    List<String> order = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      order.add(quote("k" + i) + directions.get(i));
    }
    for (int i = 0; i < columns.size(); i++) {
      if (!NOT_ORDERED.contains(row.getFieldList().get(i).getType().getSqlTypeName())) {
        order.add(quote(columns.get(i)));
      }
    }
    if (order.isEmpty()) {
      throw SqlProblem.notSupported(
          Positions.of(query.getFetch()), "LIMIT without ORDER BY of columns that have no order");
    }
    BigInteger fetch = number(query.getFetch());
    out.append(" FROM (");
    if (!skips) {
      plain(query, columns, keys);
      out.append(") AS `l` ORDER BY ").append(String.join(", ", order));
      out.append(" FETCH NEXT ").append(fetch).append(" ROWS ONLY");
      return;
    }
    BigInteger offset = number(query.getOffset());
    out.append("SELECT *, ROW_NUMBER() OVER (ORDER BY ").append(String.join(", ", order));
    out.append(") AS `n` FROM (");
    plain(query, columns, keys);
    out.append(") AS `l`) AS `r` WHERE `n` <= ").append(offset.add(fetch));
    out.append(" AND `n` > ").append(offset);
  }

  /**
   * An expression that needs a row's number. A top-N of Flink that starts after the first row and
   * whose numbers nobody needs loses track of equal rows when they are retracted; with the numbers
   * it does not.
   */
  private static String guarded(String expression, String number, RelDataType type) {
    return "CASE WHEN TRUNCATE("
        + number
        + ", 0) < 0 THEN CAST(NULL AS "
        + TypeNames.flink(type)
        + ") ELSE "
        + expression
        + " END";
  }

  /** The row number of which a query keeps only rows from a higher one than 1, or null. */
  private SqlNode skippedBy(SqlSelect query) {
    SqlNode[] found = {null};
    SqlBasicVisitor<Void> search =
        new SqlBasicVisitor<>() {
          @Override
          public Void visit(SqlCall call) {
            if (call.getKind() == SqlKind.SELECT) {
              return null;
            }
            if (call.operandCount() >= 2 && call.operand(0) != null && call.operand(1) != null) {
              SqlKind kind = call.getKind();
              boolean swapped = isConstant(call.operand(0));
              SqlNode number = call.operand(swapped ? 1 : 0);
              SqlNode bound = call.operand(swapped ? 0 : 1);
              kind = swapped ? kind.reverse() : kind;
              boolean lower =
                  kind == SqlKind.GREATER_THAN
                      || kind == SqlKind.GREATER_THAN_OR_EQUAL
                      || kind == SqlKind.EQUALS
                      || kind == SqlKind.BETWEEN;
              boolean first = kind != SqlKind.GREATER_THAN && isOne(bound);
              if (lower && isConstant(bound) && !first && isRowNumber(number)) {
                found[0] = number;
              }
            }
            return super.visit(call);
          }
        };
    for (SqlNode condition : new SqlNode[] {query.getWhere(), query.getQualify()}) {
      if (condition != null) {
        condition.accept(search);
      }
    }
    return found[0];
  }

  private static boolean isConstant(SqlNode node) {
    return node instanceof SqlLiteral
        || node.getKind() == SqlKind.CAST && ((SqlCall) node).operand(0) instanceof SqlLiteral;
  }

  private static BigInteger number(SqlNode literal) {
    return ((SqlNumericLiteral) literal).bigDecimalValue().toBigInteger();
  }

  private static SqlNode orderKey(SqlSelect query, SqlNode key, List<String> names) {
    if (key instanceof SqlNumericLiteral ordinal && ordinal.isInteger()) {
      int index = ordinal.intValue(true) - 1;
      if (index >= 0 && index < query.getSelectList().size()) {
        return withoutAlias(query.getSelectList().get(index));
      }
    }
    if (key instanceof SqlIdentifier id && id.isSimple()) {
      int index = names.indexOf(id.getSimple());
      if (index >= 0) {
        return withoutAlias(query.getSelectList().get(index));
      }
    }
    return key;
  }

  private boolean isRowNumber(SqlNode node) {
    if (node instanceof SqlIdentifier id) {
      if (id.isStar() || !knowledge.rowNumbers().contains(id.names.get(id.names.size() - 1))) {
        return false;
      }
      RelDataType type = validator.getValidatedNodeTypeIfKnown(id);
      return type == null || type.getSqlTypeName() == SqlTypeName.BIGINT;
    }
    return node.getKind() == SqlKind.OVER
        && ((SqlCall) node).operand(0).getKind() == SqlKind.ROW_NUMBER;
  }

  /** Finds the columns of a query that hold row numbers, under all their names. */
  private void findRowNumbers(SqlNode query) {
    int before;
    do {
      before = knowledge.rowNumbers().size();
      query.accept(
          new SqlBasicVisitor<Void>() {
            @Override
            public Void visit(SqlCall call) {
              if (call instanceof SqlSelect inner) {
                List<String> names = names(inner);
                for (int i = 0; i < names.size(); i++) {
                  if (isRowNumber(withoutAlias(inner.getSelectList().get(i)))) {
                    knowledge.rowNumbers().add(names.get(i));
                  }
                }
              } else if (call.getKind() == SqlKind.AS) {
                if (call.operandCount() > 2) {
                  SqlValidatorNamespace source = validator.getNamespace(call.operand(0));
                  if (source != null) {
                    renamed(
                        source.getRowType().getFieldNames(),
                        simpleNames(call.getOperandList().subList(2, call.operandCount())));
                  }
                }
              } else if (call instanceof SqlWithItem item && item.columnList != null) {
                renamed(names(item.query), simpleNames(item.columnList.getList()));
              }
              return super.visit(call);
            }
          });
    } while (knowledge.rowNumbers().size() > before);
  }

  private static List<String> simpleNames(List<SqlNode> identifiers) {
    return identifiers.stream().map(id -> ((SqlIdentifier) id).getSimple()).toList();
  }

  private void renamed(List<String> from, List<String> to) {
    for (int i = 0; i < from.size() && i < to.size(); i++) {
      if (knowledge.rowNumbers().contains(from.get(i))) {
        knowledge.rowNumbers().add(to.get(i));
      }
    }
  }

  private static SqlNode withoutAlias(SqlNode item) {
    return item.getKind() == SqlKind.AS ? ((SqlCall) item).operand(0) : item;
  }

  private void groupBy(SqlNodeList group) {
    out.append(" GROUP BY ");
    if (group.size() == 0) {
      out.append("()");
    }
    for (int i = 0; i < group.size(); i++) {
      out.append(i == 0 ? "" : ", ");
      groupItem(group.get(i));
    }
  }

  private void groupItem(SqlNode item) {
    switch (item.getKind()) {
      case GROUPING_SETS, CUBE, ROLLUP -> {
        out.append(
            item.getKind() == SqlKind.GROUPING_SETS ? "GROUPING SETS" : item.getKind().name());
        groupItems(((SqlCall) item).getOperandList());
      }
      case ROW -> groupItems(((SqlCall) item).getOperandList());
      default -> {
        if (item instanceof SqlNodeList list) {
          groupItems(list.getList());
        } else {
          expression(item);
        }
      }
    }
  }

  private void groupItems(List<SqlNode> items) {
    out.append('(');
    for (int i = 0; i < items.size(); i++) {
      out.append(i == 0 ? "" : ", ");
      groupItem(items.get(i));
    }
    out.append(')');
  }

  // ---- FROM

  private void from(SqlNode from) {
    switch (from.getKind()) {
      case AS -> {
        SqlCall as = (SqlCall) from;
        relation(as.operand(0));
        out.append(" AS ").append(quote(((SqlIdentifier) as.operand(1)).getSimple()));
        if (as.operandCount() > 2) {
          aliases(as.getOperandList().subList(2, as.operandCount()));
        }
      }
      case JOIN -> join((SqlJoin) from);
      default -> relation(from);
    }
  }

  private void relation(SqlNode node) {
    switch (node.getKind()) {
      case IDENTIFIER -> path((SqlIdentifier) node);
      case SELECT, UNION, INTERSECT, EXCEPT, VALUES, WITH -> {
        out.append('(');
        query(node);
        out.append(')');
      }
      case LATERAL -> {
        out.append("LATERAL ");
        boolean outer = lateral;
        lateral = true;
        depth++;
        from(((SqlCall) node).operand(0));
        depth--;
        lateral = outer;
      }
      case UNNEST -> {
        SqlCall unnest = (SqlCall) node;
        if (unnest.operandCount() != 1) {
          throw SqlProblem.notSupported(Positions.of(node), "UNNEST of several collections");
        }
        out.append("UNNEST(");
        expression(unnest.operand(0));
        out.append(')');
        if (((SqlUnnestOperator) unnest.getOperator()).withOrdinality) {
          out.append(" WITH ORDINALITY");
        }
      }
      default -> throw refuse(node);
    }
  }

  /** A query inside an expression, or one that may see relations beside it. */
  private void subquery(SqlNode query) {
    Totals outer = totals;
    totals = null;
    depth++;
    relation(query);
    depth--;
    totals = outer;
  }

  private void join(SqlJoin join) {
    joinSide(join.getLeft(), false);
    if (join.getJoinType() == JoinType.COMMA) {
      out.append(", ");
    } else {
      out.append(join.isNatural() ? " NATURAL" : "");
      out.append(
          switch (join.getJoinType()) {
            case INNER -> " INNER JOIN ";
            case LEFT -> " LEFT JOIN ";
            case RIGHT -> " RIGHT JOIN ";
            case FULL -> " FULL JOIN ";
            case CROSS -> " CROSS JOIN ";
            default ->
                throw SqlProblem.notSupported(
                    Positions.of(join), "'" + join.getJoinType().name() + " JOIN'");
          });
    }
    joinSide(join.getRight(), join.getJoinType() != JoinType.COMMA);
    if (join.getConditionType() == JoinConditionType.ON) {
      out.append(" ON ");
      expression(join.getCondition());
    } else if (join.getConditionType() == JoinConditionType.USING) {
      out.append(" USING ");
      aliases(((SqlNodeList) join.getCondition()).getList());
    }
  }

  private void joinSide(SqlNode side, boolean nested) {
    boolean parentheses = nested && side.getKind() == SqlKind.JOIN;
    out.append(parentheses ? "(" : "");
    from(side);
    out.append(parentheses ? ")" : "");
  }

  private void aliases(List<SqlNode> names) {
    out.append('(');
    for (int i = 0; i < names.size(); i++) {
      SqlIdentifier name = (SqlIdentifier) names.get(i);
      out.append(i == 0 ? "" : ", ").append(quote(name.names.get(name.names.size() - 1)));
    }
    out.append(')');
  }

  private void path(SqlIdentifier id) {
    for (int i = 0; i < id.names.size(); i++) {
      out.append(i == 0 ? "" : ".").append(quote(id.names.get(i)));
    }
  }

  // ---- expressions

  /** The type of an expression. */
  RelDataType typeOf(SqlNode node) {
    RelDataType known = validator.getValidatedNodeTypeIfKnown(node);
    if (known != null) {
      return known;
    }
    SqlValidatorScope scope =
        select == null ? validator.getEmptyScope() : validator.getWhereScope(select);
    return validator.deriveType(scope, node);
  }

  /** An expression as text of its own. */
  String text(SqlNode node) {
    StringBuilder before = out;
    out = new StringBuilder();
    expression(node);
    String text = out.toString();
    out = before;
    return text;
  }

  private void list(List<SqlNode> nodes) {
    for (int i = 0; i < nodes.size(); i++) {
      out.append(i == 0 ? "" : ", ");
      expression(nodes.get(i));
    }
  }

  private void expression(SqlNode node) {
    if (node instanceof SqlLiteral literal) {
      literal(literal);
    } else if (node instanceof SqlIdentifier id) {
      SqlCall nullary = id.isSimple() ? validator.makeNullaryCall(id) : null;
      if (nullary != null) {
        call(nullary);
      } else {
        path(id);
      }
    } else if (node instanceof SqlNodeList nodes) {
      out.append('(');
      list(nodes.getList());
      out.append(')');
    } else if (node instanceof SqlCall call) {
      String outer = typeOfNull;
      typeOfNull = typeOfNullIn(call);
      call(call);
      typeOfNull = outer;
    } else {
      throw refuse(node);
    }
  }

  /** A bare NULL is nothing that Flink takes as an operand: it gets the type of the others. */
  private String typeOfNullIn(SqlCall call) {
    if (call.getKind() == SqlKind.ARRAY_VALUE_CONSTRUCTOR
        || call.getKind() == SqlKind.MAP_VALUE_CONSTRUCTOR) {
      RelDataType type = typeOf(call);
      RelDataType element =
          call.getKind() == SqlKind.MAP_VALUE_CONSTRUCTOR
              ? type.getValueType()
              : type.getComponentType();
      return isTyped(element) ? TypeNames.flink(element) : null;
    }
    List<SqlNode> operands = new ArrayList<>();
    boolean hasNull = false;
    for (SqlNode operand : call.getOperandList()) {
      operands.addAll(
          operand instanceof SqlNodeList list
              ? list.getList()
              : operand == null ? List.of() : List.of(operand));
    }
    for (SqlNode operand : operands) {
      hasNull |= isNull(operand);
    }
    if (!hasNull || call.getKind() == SqlKind.CASE) {
      return null;
    }
    for (SqlNode operand : operands) {
      if (!isNull(operand)
          && (operand instanceof SqlIdentifier
              || operand instanceof SqlLiteral
              || operand instanceof SqlCall)
          && !(operand instanceof SqlLiteral literal && literal.getTypeName() == SqlTypeName.SYMBOL)
          && operand.getKind() != SqlKind.SELECT) {
        RelDataType type = typeOf(operand);
        if (isTyped(type)) {
          return NOT_ORDERED.contains(type.getSqlTypeName()) ? "INT" : TypeNames.flink(type);
        }
      }
    }
    return null;
  }

  private static boolean isTyped(RelDataType type) {
    return type.getSqlTypeName() != SqlTypeName.NULL
        && type.getSqlTypeName() != SqlTypeName.ANY
        && !SqlTypeUtil.isInterval(type);
  }

  private void call(SqlCall call) {
    switch (call.getKind()) {
      case AS -> expression(call.operand(0));
      case AND, OR -> infix(call, call.getKind().name());
      case EQUALS, NOT_EQUALS -> {
        noRows(call, call.operand(0));
        infix(call, call.getKind() == SqlKind.EQUALS ? "=" : "<>");
      }
      case LESS_THAN, LESS_THAN_OR_EQUAL, GREATER_THAN, GREATER_THAN_OR_EQUAL -> {
        if (NOT_ORDERED.contains(typeOf(call.operand(0)).getSqlTypeName())) {
          throw SqlProblem.notSupported(Positions.of(call), "An order of nested values");
        }
        infix(call, call.getOperator().getName());
      }
      case IS_DISTINCT_FROM -> infix(call, "IS DISTINCT FROM");
      case IS_NOT_DISTINCT_FROM -> infix(call, "IS NOT DISTINCT FROM");
      case NOT -> prefix("NOT ", call);
      case MINUS_PREFIX -> negated(call);
      case PLUS_PREFIX -> expression(call.operand(0));
      case IS_NULL, IS_NOT_NULL, IS_TRUE, IS_NOT_TRUE, IS_FALSE, IS_NOT_FALSE ->
          postfix(call, call.getOperator().getName());
      case PLUS, MINUS -> plusOrMinus(call);
      case TIMES -> arithmetic(call, "*", "wk_multiply");
      case DIVIDE -> arithmetic(call, "/", "wk_divide");
      case MOD ->
          out.append("MOD(")
              .append(text(call.operand(0)))
              .append(", ")
              .append(text(call.operand(1)))
              .append(')');
      case IN, NOT_IN -> {
        noRows(call, call.operand(0));
        SqlNode right = call.operand(1);
        if (right instanceof SqlNodeList list && list.getList().stream().anyMatch(n -> isNull(n))) {
          // Flink's planner fails on a NULL in a list.
          String left = text(call.operand(0));
          out.append(call.getKind() == SqlKind.IN ? "(" : "(NOT (");
          out.append(
              list.getList().stream()
                  .map(element -> left + " = " + text(element))
                  .collect(Collectors.joining(" OR ")));
          out.append(call.getKind() == SqlKind.IN ? ")" : "))");
          return;
        }
        out.append('(');
        expression(call.operand(0));
        out.append(call.getKind() == SqlKind.IN ? " IN " : " NOT IN ");
        if (right instanceof SqlNodeList) {
          expression(right);
        } else {
          subquery(right);
        }
        out.append(')');
      }
      case EXISTS -> {
        out.append("EXISTS ");
        subquery(call.operand(0));
      }
      case SCALAR_QUERY -> subquery(call.operand(0));
      case SELECT, UNION, INTERSECT, EXCEPT, VALUES, WITH -> subquery(call);
      case CASE -> caseOf((SqlCase) call);
      case BETWEEN -> between(call);
      case LIKE -> like(call);
      case RLIKE -> functions.regularExpression(out, call);
      case ITEM -> item(call);
      case DOT -> {
        out.append('(');
        expression(call.operand(0));
        out.append(").");
        path(call.operand(1));
      }
      case CAST -> out.append(cast(call, false));
      case SAFE_CAST -> out.append(cast(call, true));
      case ROW -> {
        out.append("ROW(");
        list(call.getOperandList());
        out.append(')');
      }
      case ARRAY_VALUE_CONSTRUCTOR -> collection("ARRAY", call);
      case MAP_VALUE_CONSTRUCTOR -> collection("MAP", call);
      case OVER -> over(call);
      case FILTER -> {
        if (!(call.operand(0) instanceof SqlCall aggregate)) {
          throw refuse(call);
        }
        out.append(aggregate(aggregate, "", call.operand(1)));
      }
      default -> {
        String name = call.getOperator().getName().toUpperCase(Locale.ROOT);
        if (Functions.AGGREGATES.contains(name)) {
          out.append(aggregate(call, ""));
        } else if (name.equals("||")) {
          concatenation(call);
        } else if (name.equals("%")) {
          infix(call, "%");
        } else if (!functions.write(out, call, name)) {
          throw refuse(call);
        }
      }
    }
  }

  private static SqlProblem refuse(SqlNode node) {
    String what =
        node instanceof SqlCall call && !call.getOperator().getName().isBlank()
            ? call.getOperator().getName()
            : node.getKind().sql;
    return SqlProblem.notSupported(Positions.of(node), "'" + what.toUpperCase(Locale.ROOT) + "'");
  }

  /** Equality of rows is no part of the dialect (spec: sql.md §2.4). */
  private void noRows(SqlCall call, SqlNode operand) {
    SqlTypeName type = typeOf(operand).getSqlTypeName();
    if (type == SqlTypeName.ROW) {
      throw SqlProblem.compilation(
          Positions.of(call),
          "Rows can't be compared with '"
              + call.getOperator().getName()
              + "'; write IS [NOT] DISTINCT FROM");
    }
  }

  private static boolean isOne(SqlNode node) {
    SqlNode value = node.getKind() == SqlKind.CAST ? ((SqlCall) node).operand(0) : node;
    return value instanceof SqlNumericLiteral literal
        && literal.bigDecimalValue().compareTo(BigDecimal.ONE) == 0;
  }

  private void infix(SqlCall call, String operator) {
    out.append('(');
    for (int i = 0; i < call.operandCount(); i++) {
      if (i > 0) {
        out.append(' ').append(operator).append(' ');
      }
      expression(call.operand(i));
    }
    out.append(')');
  }

  private void prefix(String operator, SqlCall call) {
    out.append('(').append(operator);
    expression(call.operand(0));
    out.append(')');
  }

  private void postfix(SqlCall call, String operator) {
    out.append('(');
    expression(call.operand(0));
    out.append(' ').append(operator).append(')');
  }

  private void plusOrMinus(SqlCall call) {
    RelDataType left = typeOf(call.operand(0));
    RelDataType right = typeOf(call.operand(1));
    boolean leftInterval = SqlTypeUtil.isInterval(left);
    boolean rightInterval = SqlTypeUtil.isInterval(right);
    RelDataType moment = leftInterval ? right : left;
    if (call.operandCount() != 2 || SqlTypeUtil.isDatetime(left) && SqlTypeUtil.isDatetime(right)) {
      throw refuse(call);
    }
    if ((leftInterval || rightInterval) && SqlTypeUtil.isDatetime(moment)) {
      RelDataType interval = leftInterval ? left : right;
      checkMoment(call, moment, interval);
      if (leftInterval) {
        out.append('(');
        expression(call.operand(1));
        out.append(" + ");
        expression(call.operand(0));
        out.append(')');
        return;
      }
    }
    boolean plus = call.getKind() == SqlKind.PLUS;
    arithmetic(call, plus ? "+" : "-", plus ? "wk_add" : "wk_subtract");
  }

  /** Flink's integers wrap and its decimals become NULL where the dialect has an error (§4.4). */
  private void arithmetic(SqlCall call, String operator, String function) {
    RelDataType type = typeOf(call);
    RelDataType left = typeOf(call.operand(0));
    RelDataType right = typeOf(call.operand(1));
    boolean exact = SqlTypeUtil.isExactNumeric(left) && SqlTypeUtil.isExactNumeric(right);
    boolean integers = exact && SqlTypeName.INT_TYPES.contains(type.getSqlTypeName());
    boolean decimals = exact && type.getSqlTypeName() == SqlTypeName.DECIMAL;
    boolean division = call.getKind() == SqlKind.DIVIDE;
    if (integers && !(division && isHarmlessDivisor(call.operand(1)))
        || decimals && (division || type.getPrecision() == DialectTypes.MAX_DECIMAL)) {
      out.append(checked(function, call, type));
    } else {
      infix(call, operator);
    }
  }

  /** A call of a checked function of two numbers, of integers or decimals. */
  String checked(String function, SqlCall call, RelDataType type) {
    if (type.getSqlTypeName() == SqlTypeName.DECIMAL) {
      return function
          + "("
          + asDecimal(call.operand(0))
          + ", "
          + asDecimal(call.operand(1))
          + ", "
          + type.getPrecision()
          + ", "
          + type.getScale()
          + ")";
    }
    return function + "(" + as(call.operand(0), type) + ", " + as(call.operand(1), type) + ")";
  }

  private String as(SqlNode operand, RelDataType type) {
    RelDataType own = typeOf(operand);
    boolean same = own.getSqlTypeName() == type.getSqlTypeName() && !isNull(operand);
    return same && !(operand instanceof SqlLiteral)
        ? text(operand)
        : "CAST(" + text(operand) + " AS " + TypeNames.flink(type) + ")";
  }

  private String asDecimal(SqlNode operand) {
    RelDataType type = typeOf(operand);
    if (type.getSqlTypeName() == SqlTypeName.DECIMAL && !(operand instanceof SqlLiteral)) {
      return text(operand);
    }
    String decimal =
        type.getSqlTypeName() == SqlTypeName.DECIMAL
            ? TypeNames.flink(type)
            : "DECIMAL(" + DECIMAL_OF_BIGINT + ", 0)";
    return "CAST(" + text(operand) + " AS " + decimal + ")";
  }

  private static boolean isHarmlessDivisor(SqlNode divisor) {
    return divisor instanceof SqlNumericLiteral literal && literal.bigDecimalValue().signum() > 0;
  }

  private void negated(SqlCall call) {
    if (SqlTypeName.INT_TYPES.contains(typeOf(call).getSqlTypeName())
        && !(call.operand(0) instanceof SqlLiteral)) {
      out.append("wk_negate(").append(as(call.operand(0), typeOf(call))).append(')');
    } else {
      prefix("- ", call);
    }
  }

  /** A date moves by whole days, a time by less than a day (spec: sql.md §4.7). */
  private static void checkMoment(SqlCall call, RelDataType moment, RelDataType interval) {
    boolean months = SqlTypeName.YEAR_INTERVAL_TYPES.contains(interval.getSqlTypeName());
    if (moment.getSqlTypeName() == SqlTypeName.TIME && months
        || moment.getSqlTypeName() == SqlTypeName.DATE
            && !months
            && interval.getSqlTypeName() != SqlTypeName.INTERVAL_DAY) {
      throw SqlProblem.notSupported(
          Positions.of(call), moment.getSqlTypeName().getName() + " with an interval of this unit");
    }
  }

  private void caseOf(SqlCase call) {
    out.append("(CASE");
    if (call.getValueOperand() != null) {
      throw refuse(call);
    }
    for (int i = 0; i < call.getWhenOperands().size(); i++) {
      out.append(" WHEN ");
      expression(call.getWhenOperands().get(i));
      out.append(" THEN ");
      branch(call.getThenOperands().get(i), call);
    }
    if (call.getElseOperand() != null) {
      out.append(" ELSE ");
      branch(call.getElseOperand(), call);
    }
    out.append(" END)");
  }

  private void branch(SqlNode node, SqlCase call) {
    if (isNull(node)) {
      RelDataType type = typeOf(call);
      if (type.getSqlTypeName() != SqlTypeName.NULL && !SqlTypeUtil.isInterval(type)) {
        out.append("CAST(NULL AS ").append(TypeNames.flink(type)).append(')');
        return;
      }
    }
    expression(node);
  }

  private static boolean isNull(SqlNode node) {
    return node instanceof SqlLiteral literal && literal.getValue() == null;
  }

  private void between(SqlCall call) {
    SqlBetweenOperator between = (SqlBetweenOperator) call.getOperator();
    if (NOT_ORDERED.contains(typeOf(call.operand(0)).getSqlTypeName())) {
      throw SqlProblem.notSupported(Positions.of(call), "An order of nested values");
    }
    out.append('(');
    expression(call.operand(0));
    out.append(between.isNegated() ? " NOT BETWEEN " : " BETWEEN ");
    out.append(between.flag == SqlBetweenOperator.Flag.SYMMETRIC ? "SYMMETRIC " : "");
    expression(call.operand(1));
    out.append(" AND ");
    expression(call.operand(2));
    out.append(')');
  }

  private void like(SqlCall call) {
    SqlLikeOperator like = (SqlLikeOperator) call.getOperator();
    boolean upper = !like.isCaseSensitive();
    if (upper && call.operandCount() > 2) {
      throw SqlProblem.notSupported(Positions.of(call), "ILIKE with ESCAPE");
    }
    out.append('(');
    out.append(upper ? "UPPER(" : "");
    expression(call.operand(0));
    out.append(upper ? ")" : "").append(like.isNegated() ? " NOT LIKE " : " LIKE ");
    out.append(upper ? "UPPER(" : "");
    expression(call.operand(1));
    out.append(upper ? ")" : "");
    if (call.operandCount() > 2) {
      out.append(" ESCAPE ");
      expression(call.operand(2));
    }
    out.append(')');
  }

  /** A missing element is NULL; Flink takes only indexes from 1 (spec: sql.md §4.8). */
  private void item(SqlCall call) {
    RelDataType collection = typeOf(call.operand(0));
    SqlNode index = call.operand(1);
    if (collection.getSqlTypeName() == SqlTypeName.MAP) {
      out.append(text(call.operand(0))).append('[').append(text(index)).append(']');
    } else if (collection.getSqlTypeName() == SqlTypeName.ARRAY) {
      String element = text(call.operand(0)) + "[" + text(index) + "]";
      if (index instanceof SqlNumericLiteral literal && literal.bigDecimalValue().signum() > 0) {
        out.append(element);
      } else {
        out.append("(CASE WHEN ")
            .append(text(index))
            .append(" >= 1 THEN ")
            .append(element)
            .append(" END)");
      }
    } else {
      throw refuse(call);
    }
  }

  /** Elements are nullable in the dialect; Flink must not derive that they are not. */
  private void collection(String constructor, SqlCall call) {
    RelDataType type = typeOf(call);
    if (call.operandCount() == 0) {
      throw SqlProblem.notSupported(Positions.of(call), "An empty " + constructor);
    }
    RelDataType element =
        type.getSqlTypeName() == SqlTypeName.MAP ? type.getValueType() : type.getComponentType();
    if (type.getSqlTypeName() == SqlTypeName.ARRAY
        && (element.getSqlTypeName() == SqlTypeName.ROW || SqlTypeUtil.isInterval(element))) {
      out.append(constructor).append('[');
      list(call.getOperandList());
      out.append(']');
      return;
    }
    out.append("CAST(").append(constructor).append('[');
    list(call.getOperandList());
    out.append("] AS ").append(TypeNames.flink(type)).append(')');
  }

  private void concatenation(SqlCall call) {
    for (SqlNode operand : call.getOperandList()) {
      if (!SqlTypeUtil.inCharFamily(typeOf(operand))) {
        throw SqlProblem.notSupported(Positions.of(call), "'||' of anything but strings");
      }
    }
    infix(call, "||");
  }

  private String cast(SqlCall call, boolean safe) {
    SqlNode operand = call.operand(0);
    RelDataType to = typeOf(call);
    if (isNull(operand)) {
      return "CAST(NULL AS " + TypeNames.flink(to) + ")";
    }
    return casts.cast(text(operand), operand, typeOf(operand), to, safe, Positions.of(call));
  }

  // ---- aggregates and windows

  private String aggregate(SqlCall call, String suffix) {
    return aggregate(call, suffix, null);
  }

  /**
   * An aggregate.
   *
   * @param suffix what follows it: FILTER or OVER
   * @param filter the condition of FILTER, which is not in the suffix then, or null
   */
  private String aggregate(SqlCall call, String suffix, SqlNode filter) {
    Totals total = totals;
    if (total == null) {
      return written(call, filter == null ? suffix : " FILTER (WHERE " + text(filter) + ")", null);
    }
    // Its arguments are of the rows below.
    totals = null;
    String result =
        written(
            call,
            filter == null ? "" : " FILTER (WHERE " + total.column(text(filter), "BOOLEAN") + ")",
            total);
    totals = total;
    return result;
  }

  private String written(SqlCall call, String suffix, Totals total) {
    String name = call.getOperator().getName().toUpperCase(Locale.ROOT);
    if (!Functions.AGGREGATES.contains(name) && !Functions.WINDOW.contains(name)) {
      throw refuse(call);
    }
    boolean distinct =
        call.getFunctionQuantifier() != null
            && call.getFunctionQuantifier().getValue() == SqlSelectKeyword.DISTINCT;
    String flink =
        switch (name) {
          case "STDDEV" -> "STDDEV_SAMP";
          case "VARIANCE" -> "VAR_SAMP";
          default -> name;
        };
    if (name.equals("ROW_NUMBER")) {
      return "ROW_NUMBER()" + suffix;
    }
    if (name.equals("COUNT") && call.operand(0) instanceof SqlIdentifier id && id.isStar()) {
      return (total == null ? "COUNT(*)" : "COUNT(`g`.`r`)") + suffix;
    }
    if (name.startsWith("GROUPING")) {
      List<String> arguments = call.getOperandList().stream().map(this::text).toList();
      return (arguments.size() == 1 ? "GROUPING" : "GROUPING_ID")
          + "("
          + String.join(", ", arguments)
          + ")"
          + suffix;
    }
    if (call.operandCount() != 1) {
      throw SqlProblem.notSupported(Positions.of(call), "'" + name + "' of several arguments");
    }
    RelDataType argument = typeOf(call.operand(0));
    String own = text(call.operand(0));
    String value = total == null ? own : totalColumn(total, own, argument);
    String quantifier = distinct ? "DISTINCT " : "";
    boolean window = suffix.startsWith(" OVER");
    SqlTypeName type = argument.getSqlTypeName();
    switch (flink) {
      case "COUNT", "FIRST_VALUE" -> {
        return flink + "(" + quantifier + value + ")" + suffix;
      }
      case "MIN", "MAX" -> {
        if (type == SqlTypeName.CHAR) {
          int length = Math.max(1, argument.getPrecision());
          return "CAST("
              + flink
              + "(CAST("
              + value
              + " AS VARCHAR("
              + length
              + ")))"
              + suffix
              + " AS CHAR("
              + length
              + "))";
        }
        if (NOT_ORDERED.contains(type)
            || SqlTypeName.BINARY_TYPES.contains(type)
            || SqlTypeUtil.isInterval(argument)) {
          throw SqlProblem.notSupported(
              Positions.of(call), "'" + name + "' of type " + type.getName());
        }
        return flink + "(" + value + ")" + suffix;
      }
      default -> {
        if (SqlTypeUtil.isInterval(argument)) {
          throw SqlProblem.notSupported(
              Positions.of(call), "'" + name + "' of type " + type.getName());
        }
        boolean sum = flink.equals("SUM");
        if (window && (sum || flink.equals("AVG")) && SqlTypeUtil.isExactNumeric(argument)) {
          return overWindow(sum, value, argument, suffix);
        }
        if ((sum || flink.equals("AVG")) && SqlTypeName.INT_TYPES.contains(type)) {
          String wide = type == SqlTypeName.BIGINT ? value : "CAST(" + value + " AS BIGINT)";
          String function =
              sum
                  ? "wk_sum_" + TypeNames.flink(argument).toLowerCase(Locale.ROOT)
                  : "wk_avg_integer";
          String result = function + "(" + quantifier + wide + ")" + suffix;
          return type == SqlTypeName.BIGINT
              ? result
              : "CAST(" + result + " AS " + TypeNames.flink(argument) + ")";
        }
        if ((sum || flink.equals("AVG")) && type == SqlTypeName.DECIMAL) {
          return (sum ? "wk_sum_decimal" : "wk_avg_decimal")
              + "("
              + quantifier
              + value
              + ", "
              + argument.getPrecision()
              + ")"
              + suffix;
        }
        return flink + "(" + quantifier + value + ")" + suffix;
      }
    }
  }

  /** Over a window Flink can't do with the engine's aggregates: its own compute wide. */
  private static String overWindow(boolean sum, String value, RelDataType type, String suffix) {
    if (type.getSqlTypeName() == SqlTypeName.DECIMAL) {
      return Casts.toDecimal((sum ? "SUM(" : "AVG(") + value + ")" + suffix, type);
    }
    String total = "SUM(CAST(" + value + " AS DECIMAL(38, 0)))" + suffix;
    if (sum) {
      return Casts.toInteger(total, type, false);
    }
    String average = "wk_to_bigint(" + total + ", FALSE) / COUNT(" + value + ")" + suffix;
    return "(CASE WHEN COUNT("
        + value
        + ")"
        + suffix
        + " > 0 THEN CAST("
        + average
        + " AS "
        + TypeNames.flink(type)
        + ") END)";
  }

  private static String totalColumn(Totals total, String value, RelDataType type) {
    if (isTyped(type)) {
      return total.column(value, TypeNames.flink(type));
    }
    // It can only be counted.
    return total.column("CASE WHEN " + value + " IS NOT NULL THEN 1 END", "INT");
  }

  private void over(SqlCall over) {
    if (!(over.operand(0) instanceof SqlCall function)) {
      throw refuse(over);
    }
    String name = function.getOperator().getName().toUpperCase(Locale.ROOT);
    if (function.getKind() == SqlKind.FILTER || name.startsWith("GROUPING")) {
      throw refuse(over);
    }
    if (function.getFunctionQuantifier() != null) {
      throw SqlProblem.notSupported(
          Positions.of(function), "'" + name + "' with DISTINCT over a window");
    }
    SqlWindow window = validator.resolveWindow(over.operand(1), validator.getWhereScope(select));
    boolean rowNumber = name.equals("ROW_NUMBER");
    checkOrder(over, window, name, rowNumber);
    StringBuilder suffix = new StringBuilder(" OVER (");
    if (window.getPartitionList().size() > 0) {
      suffix.append("PARTITION BY ");
      suffix.append(String.join(", ", window.getPartitionList().stream().map(this::text).toList()));
      suffix.append(' ');
    }
    suffix.append("ORDER BY ");
    for (int i = 0; i < window.getOrderList().size(); i++) {
      suffix.append(i == 0 ? "" : ", ").append(orderItem(window.getOrderList().get(i)));
    }
    if (!rowNumber) {
      suffix.append(frame(over, window, name));
    }
    out.append(aggregate(function, suffix.append(')').toString()));
  }

  private String orderItem(SqlNode item) {
    if (item instanceof SqlBasicCall call) {
      switch (call.getKind()) {
        case DESCENDING -> {
          return orderItem(call.operand(0)) + " DESC";
        }
        case NULLS_FIRST -> {
          return orderItem(call.operand(0)) + " NULLS FIRST";
        }
        case NULLS_LAST -> {
          return orderItem(call.operand(0)) + " NULLS LAST";
        }
        default -> {
          // An expression.
        }
      }
    }
    return text(item);
  }

  /** Flink keeps window results right under retraction only in ascending order. */
  private void checkOrder(SqlCall over, SqlWindow window, String name, boolean rowNumber) {
    SqlNodeList order = window.getOrderList();
    if (order.size() == 0) {
      throw SqlProblem.notSupported(
          Positions.of(over), "'" + name + "' over a window without ORDER BY");
    }
    for (SqlNode item : order) {
      boolean ascending =
          item.getKind() != SqlKind.DESCENDING
              && item.getKind() != SqlKind.NULLS_FIRST
              && item.getKind() != SqlKind.NULLS_LAST;
      if (!ascending && !(rowNumber && rowsFiltered)) {
        throw SqlProblem.notSupported(
            Positions.of(item),
            rowNumber
                ? "'ROW_NUMBER' in descending order, or with NULLS FIRST or LAST, without a filter"
                    + " on its result (QUALIFY, or WHERE of the query around it)"
                : "'" + name + "' over a window in any but plain ascending order");
      }
    }
    if (!rowNumber && order.size() > 1) {
      throw SqlProblem.notSupported(
          Positions.of(order.get(1)), "A window with more than one ORDER BY column");
    }
  }

  private String frame(SqlCall over, SqlWindow window, String name) {
    SqlNode lower = window.getLowerBound();
    SqlNode upper = window.getUpperBound();
    SqlLiteral exclude = window.getExclude();
    if (exclude != null && !SqlWindow.isExcludeNoOthers(exclude)) {
      throw SqlProblem.notSupported(Positions.of(exclude), "EXCLUDE in a window");
    }
    if (lower != null && !SqlWindow.isUnboundedPreceding(lower)) {
      throw SqlProblem.notSupported(
          Positions.of(lower), "A window that does not start at UNBOUNDED PRECEDING");
    }
    if (upper != null && !SqlWindow.isCurrentRow(upper)) {
      throw SqlProblem.notSupported(
          Positions.of(upper), "A window that does not end at CURRENT ROW");
    }
    boolean rows = window.isRows() && (lower != null || upper != null);
    boolean unique = orderIsUnique(window);
    if (name.equals("FIRST_VALUE")) {
      if (!unique) {
        throw SqlProblem.notSupported(
            Positions.of(over),
            "'FIRST_VALUE' over a window whose ORDER BY is not the PRIMARY KEY of the one table"
                + " that the query reads");
      }
      // In Flink this one can't do with ROWS.
      return "";
    }
    if (!rows && !unique) {
      // Flink's RANGE forgets rows with equal keys when one of them is retracted.
      throw SqlProblem.notSupported(
          Positions.of(over),
          "'"
              + name
              + "' over a RANGE (which is the default) whose ORDER BY may have equal values; write"
              + " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW if they are unique. This window");
    }
    return " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW";
  }

  /** Whether no two rows of a partition are equal in order, so that RANGE and ROWS are the same. */
  private boolean orderIsUnique(SqlWindow window) {
    if (select.getFrom() == null
        || select.getFrom().getKind() != SqlKind.AS
        || select.getGroup() != null
        || !(((SqlCall) select.getFrom()).operand(0) instanceof SqlIdentifier table)
        || ((SqlCall) select.getFrom()).operandCount() > 2) {
      return false;
    }
    List<String> key = knowledge.keys().get(table.getSimple());
    if (key == null) {
      return false;
    }
    Set<String> columns = new HashSet<>();
    for (SqlNodeList list : List.of(window.getPartitionList(), window.getOrderList())) {
      for (SqlNode item : list) {
        if (item instanceof SqlIdentifier id) {
          columns.add(id.names.get(id.names.size() - 1));
        }
      }
    }
    return columns.containsAll(key);
  }

  // ---- literals

  private void literal(SqlLiteral literal) {
    if (literal.getValue() == null) {
      RelDataType type = validator.getValidatedNodeTypeIfKnown(literal);
      if (type == null || type.getSqlTypeName() == SqlTypeName.NULL) {
        out.append(typeOfNull == null ? "NULL" : "CAST(NULL AS " + typeOfNull + ")");
      } else {
        out.append("CAST(NULL AS ").append(TypeNames.flink(type)).append(')');
      }
      return;
    }
    if (literal instanceof SqlIntervalLiteral interval) {
      interval(interval);
      return;
    }
    switch (literal.getTypeName()) {
      case BOOLEAN -> out.append(literal.booleanValue() ? "TRUE" : "FALSE");
      case DECIMAL, BIGINT, INTEGER -> {
        BigDecimal value = literal.bigDecimalValue();
        // Flink's parser takes no more than a BIGINT's digits.
        if (value.precision() > 18) {
          out.append("CAST('")
              .append(value.toPlainString())
              .append("' AS DECIMAL(")
              .append(Math.max(value.precision(), value.scale()))
              .append(", ")
              .append(Math.max(0, value.scale()))
              .append("))");
        } else {
          out.append(value.toPlainString());
        }
      }
      case DOUBLE, REAL, FLOAT ->
          out.append(literal.bigDecimalValue().unscaledValue())
              .append('E')
              .append(-literal.bigDecimalValue().scale());
      case CHAR -> out.append(literal(literal.getValueAs(NlsString.class).getValue()));
      case BINARY ->
          out.append("X'").append(literal.getValueAs(BitString.class).toHexString()).append('\'');
      case DATE, TIME, TIMESTAMP, UNKNOWN -> moment(literal);
      default -> throw refuse(literal);
    }
  }

  private void moment(SqlLiteral literal) {
    String text = literal.toString();
    if (literal.getTypeName() == SqlTypeName.TIME && text.indexOf('.') >= 0) {
      throw SqlProblem.notSupported(
          Positions.of(literal), "A TIME with fractions of a second in a query");
    }
    out.append(text);
  }

  private void interval(SqlIntervalLiteral literal) {
    SqlIntervalLiteral.IntervalValue value =
        literal.getValueAs(SqlIntervalLiteral.IntervalValue.class);
    SqlIntervalQualifier qualifier = value.getIntervalQualifier();
    String sign = value.getSign() < 0 ? "-" : "";
    String amount = value.getIntervalLiteral();
    TimeUnit unit = qualifier.getUnit();
    if (unit == TimeUnit.WEEK || unit == TimeUnit.QUARTER) {
      int factor = unit == TimeUnit.WEEK ? 7 : 3;
      amount = String.valueOf(Long.parseLong(amount.trim()) * factor);
      out.append("INTERVAL ").append(sign).append('\'').append(amount).append("' ");
      out.append(unit == TimeUnit.WEEK ? "DAY(" : "MONTH(").append(Math.max(2, amount.length()));
      out.append(')');
      return;
    }
    out.append("INTERVAL ").append(sign).append('\'').append(amount).append("' ");
    int precision = qualifier.getStartPrecisionPreservingDefault();
    String start = qualifier.getStartUnit().name();
    if (precision > 2) {
      start = start + "(" + precision + ")";
    }
    out.append(start);
    if (qualifier.getEndUnit() != null && qualifier.getEndUnit() != qualifier.getStartUnit()) {
      out.append(" TO ").append(qualifier.getEndUnit().name());
    }
  }
}
