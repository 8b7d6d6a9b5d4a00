package io.weirkeeper.engine.format;

import io.weirkeeper.engine.flow.Change;

/** Where a parser puts what it reads, in input order. */
public interface ChangeSink {
  /** A change; the receiver owns its row. */
  void change(Change change);

  /** A record that was skipped. */
  void error(ParseError error);
}
