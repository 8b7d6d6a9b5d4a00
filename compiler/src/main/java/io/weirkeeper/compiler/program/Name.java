package io.weirkeeper.compiler.program;

import io.weirkeeper.core.plan.SourcePosition;

/**
 * A name in a declaration.
 *
 * @param text folded to lower case unless quoted
 * @param quoted whether it stands in double quotes, which makes look-ups of it case-sensitive
 * @param position where it stands
 */
public record Name(String text, boolean quoted, SourcePosition position) {}
