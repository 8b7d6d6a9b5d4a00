/** Who did what: {@link io.weirkeeper.verticles.audit.AuditLog} takes it and writes it down. */
package io.weirkeeper.verticles.audit;
