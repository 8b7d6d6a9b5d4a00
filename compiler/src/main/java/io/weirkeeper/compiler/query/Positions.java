package io.weirkeeper.compiler.query;

import io.weirkeeper.core.plan.SourcePosition;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.parser.SqlParserPos;

/** Calcite's positions as ours. */
final class Positions {

  private Positions() {}

  static SourcePosition of(SqlParserPos pos) {
    if (pos == null || pos.getLineNum() <= 0) {
      return null;
    }
    return new SourcePosition(
        pos.getLineNum(), pos.getColumnNum(), pos.getEndLineNum(), pos.getEndColumnNum());
  }

  static SourcePosition of(SqlNode node) {
    return of(node.getParserPosition());
  }
}
