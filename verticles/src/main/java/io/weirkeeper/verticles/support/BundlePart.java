package io.weirkeeper.verticles.support;

import java.util.Locale;

/** A file of a collection; each can be left out of a bundle. */
public enum BundlePart {
  /** Profile of the dataflow as an archive. */
  CIRCUIT_PROFILE("circuit_profile.zip", "/dump_profile"),
  /** Profile of the dataflow as JSON. */
  CIRCUIT_JSON_PROFILE("circuit_profile.json", "/dump_json_profile"),
  /** Profile of the heap. */
  HEAP_PROFILE("heap_profile.pb.gz", "/heap_profile"),
  /** Metrics of the process. */
  METRICS("metrics.txt", "/metrics"),
  /** The log as far as it is kept. */
  LOGS("logs.txt", null),
  /** Statistics of the process. */
  STATS("stats.json", "/stats"),
  /** The pipeline as the API shows it, without secrets. */
  PIPELINE_CONFIG("pipeline_config.json", null),
  /** What the server says about itself. */
  SYSTEM_CONFIG("system_config.json", null),
  /** The dataflow of the program. */
  DATAFLOW_GRAPH("dataflow_graph.json", null),
  /** Events of the pipeline. */
  PIPELINE_EVENTS("pipeline_events.json", null);

  private final String file;
  private final String source;

  BundlePart(String file, String source) {
    this.file = file;
    this.source = source;
  }

  /** Name of the file. */
  public String file() {
    return file;
  }

  /** Path at the pipeline's process, or null when it does not come from there. */
  String source() {
    return source;
  }

  /** Name of the flag in the query; both forms of the profile share one. */
  public String flag() {
    return this == CIRCUIT_JSON_PROFILE ? CIRCUIT_PROFILE.flag() : name().toLowerCase(Locale.ROOT);
  }
}
