/**
 * The language of the verticles: typed, immutable messages, sent over the local event bus by
 * reference through {@link io.weirkeeper.verticles.bus.LocalCodec}. Every message that concerns a
 * pipeline carries its tenant.
 */
package io.weirkeeper.verticles.bus;
