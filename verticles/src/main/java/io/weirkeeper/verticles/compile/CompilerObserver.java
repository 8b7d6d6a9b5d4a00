package io.weirkeeper.verticles.compile;

import io.weirkeeper.core.compile.CompileResult;

/** Hears of compilations; for metrics. Called on an event loop: must not block or throw. */
public interface CompilerObserver {
  /** Hears nothing. */
  CompilerObserver NONE =
      new CompilerObserver() {
        @Override
        public void queued(int length) {}

        @Override
        public void compiled(long nanos, CompileResult.Outcome outcome) {}
      };

  /** The number of programs that wait has changed. */
  void queued(int length);

  /** A compilation ended. */
  void compiled(long nanos, CompileResult.Outcome outcome);
}
