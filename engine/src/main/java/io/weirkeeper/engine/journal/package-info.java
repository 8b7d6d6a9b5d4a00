/**
 * The journal of a pipeline: what arrived and how it was cut into steps, durable before anything is
 * acknowledged. {@link io.weirkeeper.engine.journal.Journal} is the door; it knows bytes only, what
 * is in them belongs to {@code engine.flow}.
 */
package io.weirkeeper.engine.journal;
