/**
 * The process of one running pipeline. {@link io.weirkeeper.engine.process.PipelineMain} is the
 * door: it reads its deployment from standard input, stays inert until the controller grants it a
 * lease, and then serves the pipeline's own HTTP protocol (spec: pipeline-protocol) in front of the
 * dataflow and the ad-hoc store.
 */
package io.weirkeeper.engine.process;
