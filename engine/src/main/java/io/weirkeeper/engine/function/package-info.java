/**
 * Functions of the dialect that Flink has not, or has with other rules (spec: sql.md §2.3, §4, §5):
 * arithmetic that refuses to wrap, casts that check, sums that know when they overflow. The
 * compiler writes calls of them, by the names that {@link
 * io.weirkeeper.engine.function.SqlFunctions} gives.
 */
package io.weirkeeper.engine.function;
