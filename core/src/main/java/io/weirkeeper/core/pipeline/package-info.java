/**
 * A pipeline and its life: the record of one pipeline, its statuses, the events that can befall it,
 * and {@link io.weirkeeper.core.pipeline.Lifecycle}, which decides every transition (spec:
 * lifecycle.md). Pure: no I/O, no clock, no randomness.
 */
package io.weirkeeper.core.pipeline;
