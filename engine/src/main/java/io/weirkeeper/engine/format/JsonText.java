package io.weirkeeper.engine.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;

/** The JSON reader and writer of this package, with its limits. */
final class JsonText {
  private JsonText() {}

  /** Deeper nesting than this is a parse error, before it becomes a stack overflow. */
  static final int MAX_NESTING = 500;

  /** Longer numbers than this are a parse error: reading them takes quadratic time. */
  static final int MAX_NUMBER_CHARACTERS = 1000;

  /** Names are not interned: input with ever new field names must not fill the symbol table. */
  static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_NESTING)
                  .maxNumberLength(MAX_NUMBER_CHARACTERS)
                  .maxStringLength(RecordParser.MAX_RECORD_BYTES)
                  .maxNameLength(RecordParser.MAX_RECORD_BYTES)
                  .build())
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW)
          .build();
}
