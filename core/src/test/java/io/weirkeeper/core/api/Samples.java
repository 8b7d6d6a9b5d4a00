package io.weirkeeper.core.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weirkeeper.core.pipeline.BootstrapPolicy;
import io.weirkeeper.core.pipeline.Definition;
import io.weirkeeper.core.pipeline.Deployment;
import io.weirkeeper.core.pipeline.Launch;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.Program;
import io.weirkeeper.core.pipeline.ProgramStatus;
import io.weirkeeper.core.pipeline.Resources;
import io.weirkeeper.core.pipeline.ResourcesDesiredStatus;
import io.weirkeeper.core.pipeline.ResourcesStatus;
import io.weirkeeper.core.pipeline.Runtime;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import io.weirkeeper.core.pipeline.Storage;
import io.weirkeeper.core.pipeline.StorageStatus;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** Pipelines to render. */
final class Samples {
  static final Instant T0 = Instant.parse("2026-11-22T10:00:00.123456789Z");
  static final Instant T1 = T0.plusSeconds(10);
  static final Instant T2 = T0.plusSeconds(20);

  private Samples() {}

  static JsonNode json(String text) {
    try {
      return new ObjectMapper().readTree(text.replace('\'', '"'));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  static PipelineRecord created() {
    return PipelineRecord.create(
        new UUID(0, 0),
        UUID.fromString("01938d6a-0000-7000-8000-000000000001"),
        new Definition(
            "p1",
            "about",
            List.of("a", "b"),
            RuntimeConfig.defaults(),
            "create table t(x int);",
            "",
            "",
            ProgramConfig.defaults()),
        "0.337.0",
        T0);
  }

  static PipelineRecord running() {
    return created()
        .withProgram(
            new Program(
                ProgramStatus.SUCCESS,
                T1,
                json("{'exit_code':0,'messages':[]}"),
                json("{'exit_code':0,'stdout':'','stderr':''}"),
                null,
                json(
                    "{'schema':{'inputs':[],'outputs':[]},'udf_stubs':'','input_connectors':{},"
                        + "'output_connectors':{},'dataflow':{'mir':{}},'main_rust':'x'}"),
                json("{'plan':true}")))
        .withStorage(new Storage(StorageStatus.IN_USE, json("{'checkpoints':[]}"), "h1", 1))
        .withResources(
            new Resources(
                ResourcesStatus.PROVISIONED,
                T1,
                json("{'process':'has not exited'}"),
                ResourcesDesiredStatus.PROVISIONED,
                T1))
        .withRuntime(new Runtime(RuntimeStatus.RUNNING, T2, json("{}"), RuntimeStatus.RUNNING, T0))
        .withLaunch(new Launch(RuntimeStatus.RUNNING, BootstrapPolicy.AWAIT_APPROVAL, false, false))
        .withDeployment(
            new Deployment(
                1,
                UUID.fromString("01938d6a-0000-7000-8000-000000000002"),
                "secret-of-the-process",
                json("{'generated':true}"),
                "h1",
                null,
                null));
  }

  static PipelineRecord failed() {
    return created().withDeploymentError(ApiErrors.runnerCheckError("the process is gone").body());
  }
}
