/**
 * Benches: each a command that measures a running server from outside and prints one table, with
 * the aims and with the limits of the same machine in the same run. {@link
 * io.weirkeeper.bench.EngineBench} is behind {@code bench/engine}, {@link
 * io.weirkeeper.bench.ApiBench} behind {@code bench/api}.
 */
package io.weirkeeper.bench;
