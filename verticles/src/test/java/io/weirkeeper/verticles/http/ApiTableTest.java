package io.weirkeeper.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.weirkeeper.core.auth.TenantQuotas;
import io.weirkeeper.verticles.audit.AuditTrail;
import io.weirkeeper.verticles.http.auth.Authenticator;
import io.weirkeeper.verticles.snapshot.SnapshotTable;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ApiTableTest {
  private static final Set<String> NOT_IN_CONTRACT =
      Set.of(
          "healthz",
          "robots",
          "openapi",
          "docs",
          "docs_file",
          "list_audit",
          "post_pipeline_testing",
          "post_pipeline_output_connector_command");

  private static Vertx vertx;
  private static List<Operation> operations;

  @BeforeAll
  static void build() {
    vertx = Vertx.vertx();
    operations =
        Api.operations(
            new Front(
                vertx,
                FrontSettings.of("127.0.0.1", 0, "", ""),
                new FrontServices(
                    new SnapshotTable(),
                    () -> true,
                    () -> true,
                    () -> Fixture.healthy(true),
                    new TestingClusterEvents(List.of()),
                    request -> Future.failedFuture("none"),
                    Authenticator.none(vertx),
                    TestingAccess.unreachable(),
                    AuditTrail.NONE,
                    TestingAccess.noAudit(),
                    new TenantLimits(TenantQuotas.UNLIMITED),
                    null,
                    HttpObserver.NONE),
                vertx.createHttpClient()));
  }

  @AfterAll
  static void close() {
    Fixture.await(vertx.close());
  }

  @Test
  void theTableIsTheContractWithItsRoles() throws IOException {
    TreeMap<String, String> expected = new TreeMap<>();
    contract()
        .get("paths")
        .properties()
        .forEach(
            path ->
                path.getValue()
                    .properties()
                    .forEach(
                        method ->
                            expected.put(
                                method.getValue().get("operationId").textValue(),
                                method.getKey().toUpperCase(java.util.Locale.ROOT)
                                    + " "
                                    + path.getKey()
                                    + " "
                                    + method.getValue().path("x-required-role").asText("null"))));
    TreeMap<String, String> actual = new TreeMap<>();
    for (Operation operation : operations) {
      if (!NOT_IN_CONTRACT.contains(operation.id())) {
        actual.put(
            operation.id(),
            operation.method()
                + " "
                + operation.path()
                + " "
                + (operation.role() == null ? "null" : operation.role().label()));
      }
    }
    assertThat(actual).isEqualTo(expected);
  }

  @Test
  void literalSegmentsWinOverPlaceholdersAndTheMethodComesFirst() {
    RouteTree routes = new RouteTree(operations);
    String connector = "/v0/pipelines/p/tables/t/connectors/c";
    assertThat(id(routes, HttpMethod.GET, connector + "/stats"))
        .isEqualTo("get_pipeline_input_connector_status");
    assertThat(id(routes, HttpMethod.POST, connector + "/stats"))
        .isEqualTo("post_pipeline_input_connector_action");
    assertThat(routes.find(HttpMethod.GET, connector + "/start")).isNull();
    assertThat(routes.knows(connector + "/start")).isTrue();
    assertThat(id(routes, HttpMethod.GET, "/v0/pipelines/p/checkpoints/remote"))
        .isEqualTo("get_remote_checkpoints");
  }

  @Test
  void pathsAreSplitBeforeTheyAreDecodedAndDecodedOnce() {
    RouteTree routes = new RouteTree(operations);
    RouteTree.Match match = routes.find(HttpMethod.GET, "/v0/pipelines/a%2Fb%2520+%zz/stats");
    assertThat(match).isNotNull();
    assertThat(match.raw().get(0)).isEqualTo("a%2Fb%2520+%zz");
    assertThat(routes.find(HttpMethod.GET, "/v0/pipelines/a%2Fb%2520+").value(0))
        .isEqualTo("a/b%20+");
    assertThat(routes.find(HttpMethod.GET, "/v0/%70ipelines")).isNotNull();
  }

  @Test
  void whatIsNotAPathOfTheApiIsUnknown() {
    RouteTree routes = new RouteTree(operations);
    for (String path :
        List.of(
            "",
            "v0",
            "/v0",
            "/v0/",
            "/v0/pipelines/",
            "/v0/pipelines//stats",
            "/" + "a/".repeat(100))) {
      assertThat(routes.knows(path)).as(path).isFalse();
    }
  }

  @Test
  void onlyJsonOfResourcesSaysNoCache() {
    Set<String> cacheable = new TreeSet<>();
    for (Operation operation : operations) {
      if (!operation.noCache()) {
        cacheable.add(operation.id());
      }
    }
    assertThat(cacheable)
        .containsExactlyInAnyOrder(
            "healthz",
            "robots",
            "openapi",
            "docs",
            "docs_file",
            "get_config_authentication",
            "get_config",
            "get_config_demos",
            "get_config_session",
            "get_config_owners",
            "get_metrics",
            "get_cluster_health",
            "list_cluster_events",
            "get_cluster_event",
            "post_validate_program",
            "get_pipeline_dataflow_graph");
  }

  private static String id(RouteTree routes, HttpMethod method, String path) {
    return routes.find(method, path).operation().id();
  }

  private static JsonNode contract() throws IOException {
    try (InputStream in = ApiTableTest.class.getResourceAsStream("/contract.json")) {
      return new ObjectMapper().readTree(in);
    }
  }
}
