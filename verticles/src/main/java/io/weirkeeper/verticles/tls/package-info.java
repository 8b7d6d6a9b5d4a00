/**
 * Certificates: the one that the REST front shows ({@link
 * io.weirkeeper.verticles.tls.ServerCertificate}), and the authorities that its own calls trust.
 */
package io.weirkeeper.verticles.tls;
