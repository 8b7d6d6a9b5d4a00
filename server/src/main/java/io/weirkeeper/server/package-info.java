/**
 * The program: {@link io.weirkeeper.server.Main} reads the command line, {@link
 * io.weirkeeper.server.Server} puts the modules together and takes them apart again.
 */
package io.weirkeeper.server;
