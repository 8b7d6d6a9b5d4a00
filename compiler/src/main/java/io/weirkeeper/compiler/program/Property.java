package io.weirkeeper.compiler.program;

import io.weirkeeper.core.plan.SourcePosition;

/**
 * A {@code 'key' = 'value'} pair of a WITH clause.
 *
 * @param key as written
 * @param value as written
 * @param keyPosition where the key stands
 * @param valuePosition where the value stands
 */
public record Property(
    String key, String value, SourcePosition keyPosition, SourcePosition valuePosition) {}
