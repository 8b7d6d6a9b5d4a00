/**
 * The compiler: a queue in front of one warm compiler process ({@link
 * io.weirkeeper.verticles.compile.CompilerVerticle}).
 */
package io.weirkeeper.verticles.compile;
