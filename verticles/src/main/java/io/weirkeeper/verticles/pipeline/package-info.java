/**
 * One verticle per pipeline ({@link io.weirkeeper.verticles.pipeline.PipelineVerticle}): the only
 * writer of its row. It feeds what happens into {@link io.weirkeeper.core.pipeline.Lifecycle},
 * writes what that decides, publishes the snapshot and only then carries the effects out. {@link
 * io.weirkeeper.verticles.pipeline.ShardsVerticle} is the door.
 */
package io.weirkeeper.verticles.pipeline;
