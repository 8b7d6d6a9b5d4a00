/**
 * What goes over the wire between the controller and the compiler process: one JSON document a
 * line, each way.
 */
package io.weirkeeper.core.compile;
