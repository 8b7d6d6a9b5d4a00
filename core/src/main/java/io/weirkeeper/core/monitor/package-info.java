/**
 * Health of the parts of the server over time: which checks become events (spec: lifecycle §11).
 * Pure.
 */
package io.weirkeeper.core.monitor;
