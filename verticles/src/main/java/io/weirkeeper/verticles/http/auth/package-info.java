/**
 * Who asks? From a request's headers to a principal (spec: auth §2–§8). {@link
 * io.weirkeeper.verticles.http.auth.Authenticator} is the door; the tables of tenants and roles are
 * in {@code core.auth}.
 *
 * <p>A credential that was accepted is remembered by its digest, within a bound and for a minute or
 * two, so that a request costs one digest and one look-up. What takes a right away makes every node
 * forget: at once where it was done, elsewhere with the next poll of {@code Generation}. A node
 * that can't poll remembers nobody.
 */
package io.weirkeeper.verticles.http.auth;
