/**
 * The dataflow of one pipeline: an embedded Flink job fed in numbered steps, one at a time, whose
 * netted output of each step is published at once. The door is {@link
 * io.weirkeeper.engine.flow.Dataflow}; {@link io.weirkeeper.engine.flow.PlanCheck} answers at
 * compile time what Flink would refuse. Nothing outside this package and {@code store} knows Flink,
 * except that parsers build rows of Flink's internal values as {@link
 * io.weirkeeper.engine.flow.CellType} describes them.
 */
package io.weirkeeper.engine.flow;
