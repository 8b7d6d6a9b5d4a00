/**
 * The compiler process: reads programs from its standard input, one JSON document a line, and
 * answers each with a plan or a list of errors. {@link io.weirkeeper.compiler.CompilerMain} is the
 * door.
 */
package io.weirkeeper.compiler;
