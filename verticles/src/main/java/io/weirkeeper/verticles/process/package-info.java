/**
 * This host's pipeline processes: starting, recognising, speaking to and ending them ({@link
 * io.weirkeeper.verticles.process.ProcessHost}). Knows nothing of the rules of a pipeline's life.
 */
package io.weirkeeper.verticles.process;
