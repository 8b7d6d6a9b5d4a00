package io.weirkeeper.verticles.actor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.deploy.DeploymentSpec;
import io.weirkeeper.core.pipeline.Deployment;
import io.weirkeeper.core.pipeline.Launch;
import io.weirkeeper.core.pipeline.LifecycleInput;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.verticles.process.DeploymentHost;
import io.weirkeeper.verticles.process.ProcessHost;
import io.weirkeeper.verticles.process.StartRefusedException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts the process of a deployment, once. */
final class Launching {
  private static final Logger LOG = LoggerFactory.getLogger(Launching.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final PipelinePorts ports;
  private final Self self;
  private long launched;

  Launching(PipelinePorts ports, Self self) {
    this.ports = ports;
    this.self = self;
  }

  /** Starts the process, and reports who it is or why it is not. */
  void launch(long number) {
    if (launched == number) {
      return;
    }
    launched = number;
    PipelineRecord pipeline = self.pipeline();
    DeploymentSpec spec;
    try {
      spec = specification(pipeline);
    } catch (JsonProcessingException e) {
      self.report(
          new LifecycleInput.DeploymentFailed(
              number,
              ApiErrors.automatonInvalidProgramInfo(
                  JsonNodeFactory.instance.nullNode(),
                  "the stored plan cannot be read: " + e.getOriginalMessage())));
      return;
    }
    Duration timeout = timeout(pipeline);
    ports.log().follow(number);
    TimeLimit.of(
            ports.timers(),
            timeout.plus(ports.settings().launchQueueLimit()),
            "the start of the process",
            ports.host().launch(spec, timeout))
        .onSuccess(
            report ->
                self.report(
                    now ->
                        new LifecycleInput.ProcessReported(
                            number,
                            report,
                            ports.clock().instant().plus(ports.settings().lease()))))
        .onFailure(cause -> self.report(failed(number, timeout, cause)));
    ports
        .host()
        .removeDeployments(pipeline.id(), number)
        .onFailure(
            cause -> LOG.warn("Old deployments of {} remain: {}", pipeline.id(), cause.toString()));
  }

  private Duration timeout(PipelineRecord pipeline) {
    long seconds =
        pipeline.definition().runtimeConfig().path("provisioning_timeout_secs").asLong(0);
    return seconds > 0 ? Duration.ofSeconds(seconds) : ports.settings().startTimeout();
  }

  private static LifecycleInput failed(long number, Duration timeout, Throwable cause) {
    boolean late =
        cause instanceof TimeoutException
            || (cause instanceof StartRefusedException refused && refused.isTimeout());
    return new LifecycleInput.DeploymentFailed(
        number,
        late
            ? ApiErrors.automatonProvisioningTimeout(timeout)
            : ApiErrors.runnerProvisionError(String.valueOf(cause.getMessage())));
  }

  private DeploymentSpec specification(PipelineRecord pipeline) throws JsonProcessingException {
    DeploymentHost host = ports.host();
    Deployment deployment = pipeline.deployment();
    Path working = host.workingDirectory(pipeline.id(), deployment.number());
    Launch launch = pipeline.launch();
    DeploymentSpec spec =
        new DeploymentSpec(
            pipeline.tenantId(),
            pipeline.id(),
            pipeline.name(),
            deployment.number(),
            deployment.id(),
            deployment.secret(),
            launch.initial().column(),
            pipeline.definition().runtimeConfig(),
            JSON.treeToValue(pipeline.program().plan(), PipelinePlan.class),
            working.toString(),
            host.storageDirectory(pipeline.id(), pipeline.storage().generation()).toString(),
            ProcessHost.reportFile(working).toString(),
            host.bindAddress(),
            host.grantTimeout().toMillis());
    return spec.withBootstrap(launch.bootstrapPolicy().column(), launch.silentBootstrap());
  }
}
