/**
 * Reads the text of a program: tokens, statements, declarations, and where each of them stands
 * (spec: sql.md §1). {@link io.weirkeeper.compiler.program.ProgramReader} is the door. Types,
 * expressions and queries stay text here; the query package parses them.
 */
package io.weirkeeper.compiler.program;
