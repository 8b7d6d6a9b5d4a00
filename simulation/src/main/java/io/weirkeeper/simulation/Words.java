package io.weirkeeper.simulation;

import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.Status;
import java.util.Objects;

/** A row in few words, for traces. */
final class Words {
  private Words() {}

  static String of(PipelineRecord p) {
    return p.name()
        + " "
        + p.resources().status().json()
        + "/"
        + p.resources().desired().json()
        + " runtime "
        + json(p.runtime().status())
        + "/"
        + json(p.runtime().desired())
        + " program "
        + p.program().status().json()
        + " storage "
        + p.storage().status().json()
        + "#"
        + p.storage().generation()
        + " versions "
        + p.versions().version()
        + "/"
        + p.versions().programVersion()
        + "/"
        + p.versions().refreshVersion()
        + " deployment "
        + p.deployment().number()
        + (p.deployment().process() == null ? "" : "+")
        + (p.launch() == null ? "" : " launch " + p.launch().initial().json())
        + (p.deploymentError() == null
            ? ""
            : " ERROR " + p.deploymentError().path("error_code").asText());
  }

  /** The row after a write, and whether it is but a lease. */
  static String of(PipelineRecord before, PipelineRecord after) {
    boolean lease =
        !Objects.equals(before.deployment().leaseUntil(), after.deployment().leaseUntil())
            && before.deployment().process() != null
            && after.deployment().process() != null;
    return of(after) + (lease ? " (lease)" : "");
  }

  private static String json(Status status) {
    return status == null ? "-" : status.json();
  }
}
