/**
 * Metrics of the control plane. {@link io.weirkeeper.metrics.ControlPlaneMetrics} is the door: the
 * rest of the program tells it what happened, Prometheus reads what it counted.
 */
package io.weirkeeper.metrics;
