/**
 * One verticle per pipeline ({@link io.weirkeeper.verticles.pipeline.PipelineVerticle}): it puts a
 * {@link io.weirkeeper.verticles.actor.PipelineActor}, which holds the behaviour, on the event bus.
 * {@link io.weirkeeper.verticles.pipeline.ShardsVerticle} is the door.
 */
package io.weirkeeper.verticles.pipeline;
