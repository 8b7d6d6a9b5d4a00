/**
 * Who may do what (spec: auth): the tables that turn a verified credential into a tenant and a role
 * as pure functions, and the records that they speak in. {@link io.weirkeeper.core.auth.Principal}
 * is what comes out; {@link io.weirkeeper.core.auth.AuthRules} is what the deployment says. No
 * cryptography, no database, no clock.
 */
package io.weirkeeper.core.auth;
