/**
 * Checkpoints of a pipeline. {@link io.weirkeeper.engine.checkpoint.Checkpointer} makes them while
 * the pipeline runs, {@link io.weirkeeper.engine.checkpoint.Checkpoints} keeps them and finds the
 * newest that can be used at a start, {@link io.weirkeeper.engine.checkpoint.Manifest} is what
 * makes one complete.
 */
package io.weirkeeper.engine.checkpoint;
