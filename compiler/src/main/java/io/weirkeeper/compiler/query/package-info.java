/**
 * Types, expressions and queries: parsed and checked by Calcite, written again as Flink SQL (spec:
 * sql.md §2 to §4). {@link io.weirkeeper.compiler.query.Catalog} is the door. What is not known to
 * mean the same in Flink is an error with its position, never passed through.
 */
package io.weirkeeper.compiler.query;
