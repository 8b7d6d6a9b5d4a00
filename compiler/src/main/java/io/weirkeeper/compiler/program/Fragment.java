package io.weirkeeper.compiler.program;

import io.weirkeeper.core.plan.SourcePosition;

/**
 * A type, expression or query inside a declaration, to be parsed elsewhere.
 *
 * @param start offset of its first character
 * @param end offset after its last character
 * @param position the same as lines and columns
 */
public record Fragment(int start, int end, SourcePosition position) {}
