package io.weirkeeper.verticles.actor;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.api.CompactJson;
import io.weirkeeper.core.compile.CompileRequest;
import io.weirkeeper.core.compile.CompileResult;
import io.weirkeeper.core.pipeline.Definition;
import io.weirkeeper.core.pipeline.LifecycleInput;
import io.weirkeeper.core.pipeline.PipelineRecord;

/** Has the pipeline's program compiled. */
final class Compilation {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final PipelinePorts ports;
  private final Self self;
  private long compiling;
  private String requestId;

  Compilation(PipelinePorts ports, Self self) {
    this.ports = ports;
    this.self = self;
  }

  /** Sends this version of the program to the compiler, unless it is there already. */
  void compile(long version) {
    if (compiling == version) {
      return;
    }
    withdraw();
    compiling = version;
    PipelineRecord pipeline = self.pipeline();
    Definition definition = pipeline.definition();
    requestId = pipeline.id() + "/" + version;
    CompileRequest request =
        new CompileRequest(
            requestId, definition.programCode(), definition.udfRust(), definition.udfToml());
    ports
        .compiler()
        .compile(
            pipeline.tenantId(),
            request,
            () -> self.report(new LifecycleInput.CompileStarted(version)))
        .onComplete(
            reply -> {
              if (compiling != version) {
                // Withdrawn: the program is another one by now.
                return;
              }
              compiling = 0;
              self.report(
                  reply.succeeded()
                      ? compiled(version, reply.result())
                      : new LifecycleInput.CompileBroken(version, reply.cause().getMessage()));
            });
  }

  /** The program that is being compiled has been edited or deleted, or is another node's affair. */
  void withdraw() {
    if (compiling != 0) {
      compiling = 0;
      ports.compiler().withdraw(requestId);
    }
  }

  private static LifecycleInput compiled(long version, CompileResult result) {
    ObjectNode sql = JSON.createObjectNode();
    sql.put("exit_code", result.outcome() == CompileResult.Outcome.SUCCESS ? 0 : 1);
    sql.set("messages", JSON.valueToTree(result.messages()));
    return switch (result.outcome()) {
      case SUCCESS ->
          new LifecycleInput.SqlCompiled(
              version,
              CompactJson.shared(sql.toString()),
              CompactJson.of(result.programInfo()),
              CompactJson.of(JSON.valueToTree(result.plan())));
      case SQL_ERROR -> new LifecycleInput.CompileRejected(version, sql);
      case SYSTEM_ERROR -> new LifecycleInput.CompileBroken(version, result.systemError());
    };
  }
}
