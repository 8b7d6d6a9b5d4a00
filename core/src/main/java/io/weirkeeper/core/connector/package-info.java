/**
 * What a program may say of its connectors (spec: connectors): {@link
 * io.weirkeeper.core.connector.ConnectorConfig} is the door. The compiler checks with it, the
 * pipeline process runs by it.
 */
package io.weirkeeper.core.connector;
