/**
 * The pure core of the controller: records and rules. Nothing here does I/O, reads a clock or knows
 * Vert.x.
 */
package io.weirkeeper.core;
