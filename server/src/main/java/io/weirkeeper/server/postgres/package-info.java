/**
 * The PostgreSQL that the program brings along, so that one command is enough. {@link
 * io.weirkeeper.server.postgres.EmbeddedDatabase} is the door.
 *
 * <p>It is a real one: its writes are synced, its directory is kept, and only who knows the
 * password gets in. It may outlive a killed program; the next start takes it over.
 */
package io.weirkeeper.server.postgres;
