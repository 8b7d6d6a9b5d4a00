/**
 * What goes over the wire between the controller and a pipeline process at birth (SAFETY rules 1
 * and 13): the process reads a {@link io.weirkeeper.core.deploy.DeploymentSpec} from standard
 * input, writes a {@link io.weirkeeper.core.deploy.ProcessReport} to a file, and stays inert until
 * it is granted a lease.
 */
package io.weirkeeper.core.deploy;
