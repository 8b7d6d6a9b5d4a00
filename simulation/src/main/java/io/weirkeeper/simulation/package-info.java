/**
 * The deterministic simulator: {@link io.weirkeeper.verticles.actor.PipelineActor} and {@link
 * io.weirkeeper.core.pipeline.Lifecycle} as they are, against a world that is slow, fails, hangs,
 * dies and lies, and a random user. One thread, virtual time, everything from one seed; the laws
 * are checked after every step. {@link io.weirkeeper.simulation.History} is one run, {@link
 * io.weirkeeper.simulation.Replay} shows one.
 */
package io.weirkeeper.simulation;
