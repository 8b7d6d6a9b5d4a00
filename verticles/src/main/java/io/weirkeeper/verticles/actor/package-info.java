/**
 * One pipeline's behaviour ({@link io.weirkeeper.verticles.actor.PipelineActor}): inbox, decision,
 * guarded write, publication, acknowledgement, effects. It knows no event bus, no file and no
 * socket, and takes time only from its ports, so that the same code runs in a server and, on
 * virtual time, in the simulator.
 */
package io.weirkeeper.verticles.actor;
