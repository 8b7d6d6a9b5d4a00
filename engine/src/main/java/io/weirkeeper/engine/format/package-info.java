/**
 * Rows on the wire. {@link io.weirkeeper.engine.format.RowFormat} is the door: it knows the columns
 * of one table or view and makes, from the declared types, incremental parsers for JSON and CSV
 * input (spec: pipeline-protocol §4) and encoders for change streams (§5).
 *
 * <p>Rows are Flink's internal row data on both sides, so that nothing is converted twice.
 */
package io.weirkeeper.engine.format;
