package io.weirkeeper.engine.process;

import io.weirkeeper.engine.connector.RecentErrors;
import io.weirkeeper.engine.flow.InputEndpoint;
import io.weirkeeper.engine.format.InputFormat;
import io.weirkeeper.engine.format.RowFormat;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One HTTP input endpoint: all ingress requests for a table in exactly one format share it (spec
 * §4). It never ends: a later request may always come.
 */
final class IngressEndpoint {
  final RowFormat rows;
  final InputFormat format;
  final InputEndpoint input;
  final RecentErrors parseErrors = new RecentErrors();
  final AtomicInteger activeRequests = new AtomicInteger();
  volatile boolean paused;

  IngressEndpoint(RowFormat rows, InputFormat format, InputEndpoint input) {
    this.rows = rows;
    this.format = format;
    this.input = input;
  }

  String name() {
    return input.name();
  }

  String table() {
    return rows.relation().name();
  }
}
