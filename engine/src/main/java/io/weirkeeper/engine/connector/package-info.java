/**
 * What moves rows between a running pipeline and the outside world by itself, as the program
 * declares it (spec: connectors). {@link io.weirkeeper.engine.connector.Connectors} is the door; a
 * transport implements {@link io.weirkeeper.engine.connector.InputTransport} or {@link
 * io.weirkeeper.engine.connector.OutputTransport}.
 */
package io.weirkeeper.engine.connector;
