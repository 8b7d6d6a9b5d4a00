/** Checks the health of the server's parts and keeps its history (spec: lifecycle §11). */
package io.weirkeeper.verticles.monitor;
