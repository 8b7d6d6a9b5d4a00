package io.weirkeeper.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.http.HttpMethod;
import io.weirkeeper.core.auth.Actor;
import io.weirkeeper.core.auth.Principal;
import io.weirkeeper.core.auth.Role;
import io.weirkeeper.core.auth.Tenant;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Every route of the table against every kind of caller. */
class RouteProbeTest {
  private static AccessFixture fixture;
  private static List<Operation> operations;
  private static final Map<Role, String> TOKENS = new LinkedHashMap<>();
  private static final Map<Role, String> KEYS = new LinkedHashMap<>();

  @BeforeAll
  static void open() {
    fixture = new AccessFixture();
    operations = fixture.front.operations().stream().filter(each -> !each.isPublic()).toList();
    for (Role role : List.of(Role.READ, Role.WRITE, Role.ADMIN)) {
      TOKENS.put(role, fixture.memberWithRole(role.label(), "acme", role));
    }
    TOKENS.put(Role.OWNER, fixture.issuer.token(AccessFixture.OWNER));
    for (Role role : List.of(Role.READ, Role.WRITE)) {
      KEYS.put(role, fixture.key(TOKENS.get(Role.ADMIN), role.label(), role.label()));
    }
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  /** A path on which nothing is. */
  private static String path(Operation operation) {
    return operation.path().replaceAll("\\{[a-z_]+}", "absent");
  }

  private static HttpResponse<String> probe(Operation operation, String token, String tenant) {
    HttpRequest.Builder request = fixture.request(path(operation), token);
    if (tenant != null) {
      request.header("Feldera-Tenant", tenant);
    }
    return fixture.front.send(
        request.method(operation.method().name(), HttpRequest.BodyPublishers.noBody()));
  }

  @Test
  void everyRouteIsForItsRoleAndTheOnesAboveIt() {
    List<String> wrong = new ArrayList<>();
    int probes = 0;
    for (Operation operation : operations) {
      for (Map.Entry<Role, String> caller : TOKENS.entrySet()) {
        int status = probe(operation, caller.getValue(), "acme").statusCode();
        boolean allowed = caller.getKey().permits(operation.role());
        probes++;
        if ((status == 403) == allowed || status == 401) {
          wrong.add(operation.id() + " as " + caller.getKey() + ": " + status);
        }
      }
      for (Map.Entry<Role, String> caller : KEYS.entrySet()) {
        int status = probe(operation, caller.getValue(), null).statusCode();
        probes++;
        if ((status == 403) == caller.getKey().permits(operation.role()) || status == 401) {
          wrong.add(operation.id() + " with a key for " + caller.getKey() + ": " + status);
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(probes).isGreaterThan(400);
  }

  @Test
  void everyRouteIsClosedToCredentialsThatProveNothing() {
    long now = Instant.now().getEpochSecond();
    Map<String, String> credentials = new LinkedHashMap<>();
    credentials.put("none", null);
    credentials.put("malformed", "x.y.z");
    credentials.put("expired", fixture.issuer.token("read", c -> c.put("exp", now - 100)));
    credentials.put("audience", fixture.issuer.token("read", c -> c.put("aud", "other")));
    credentials.put("stranger's key", "apikey:" + "x".repeat(128));
    List<String> wrong = new ArrayList<>();
    for (Operation operation : operations) {
      for (Map.Entry<String, String> each : credentials.entrySet()) {
        HttpResponse<String> answer = probe(operation, each.getValue(), null);
        if (answer.statusCode() != 401) {
          wrong.add(operation.id() + " with " + each.getKey() + ": " + answer.statusCode());
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void everyRouteIsClosedToMembersOfOtherTenants() {
    List<String> wrong = new ArrayList<>();
    String stranger = fixture.memberWithRole("stranger", "elsewhere", Role.ADMIN);
    for (Operation operation : operations) {
      HttpResponse<String> foreign = probe(operation, stranger, "acme");
      HttpResponse<String> absent = probe(operation, stranger, "nope");
      if (foreign.statusCode() != 403
          || !foreign.body().replace("acme", "nope").equals(absent.body())) {
        wrong.add(operation.id() + ": " + foreign.statusCode() + " " + foreign.body());
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void anOperationThatWasGivenNoRoleIsForNobody() {
    Operation forgotten =
        new Operation("forgotten", HttpMethod.GET, "/v0/forgotten", null, true, exchange -> {});
    Principal owner = Principal.in(new UUID(0, 1), "t", Role.OWNER, Actor.ANYBODY);
    assertThat(Gate.refusal(forgotten, owner).status()).isEqualTo(403);
    Operation open = new Operation("open", HttpMethod.GET, "/open", null, true, exchange -> {});
    assertThat(Gate.refusal(open, owner)).isNull();
    assertThat(operations).allMatch(each -> each.role() != null);
  }

  @Test
  void aTenantNeverSeesWhatBelongsToAnother() {
    Tenant acme = Fixture.await(fixture.stores.tenants().findByIdOrName("acme")).orElseThrow();
    var pipeline = fixture.front.publish(acme.id(), "secret-pipeline", same -> same);
    String insider = TOKENS.get(Role.READ);
    String outsider = fixture.memberWithRole("outsider", "outside", Role.ADMIN);
    assertThat(fixture.get("/v0/pipelines", insider).body()).contains("secret-pipeline");
    List<String> paths = new ArrayList<>();
    for (Operation operation : operations) {
      if (operation.method().equals(HttpMethod.GET)
          && !operation.path().startsWith("/v0/cluster")
          && !operation.path().startsWith("/v0/tenants")) {
        paths.add(operation.path().replaceAll("\\{[a-z_]+}", "secret-pipeline"));
      }
    }
    paths.add("/v0/pipelines/" + pipeline.id());
    for (String path : paths) {
      HttpResponse<String> theirs = fixture.get(path, outsider);
      HttpResponse<String> absent =
          fixture.get(path.replace("secret-pipeline", "nothing-at-all"), outsider);
      assertThat(theirs.statusCode()).as(path).isEqualTo(absent.statusCode());
      // The requests that reach the verticles carry the outsider's own tenant.
      assertThat(theirs.body()).as(path).doesNotContain(acme.id().toString(), "acme");
      assertThat(anonymous(theirs)).as(path).isEqualTo(anonymous(absent));
    }
    assertThat(fixture.front.requests)
        .filteredOn(request -> request.name().equals("secret-pipeline"))
        .isNotEmpty()
        .allMatch(request -> !request.tenantId().equals(acme.id()));
  }

  /** A body without the name that was asked for and without references to the log. */
  private static String anonymous(HttpResponse<String> answer) {
    return answer
        .body()
        .replace("secret-pipeline", "nothing-at-all")
        .replaceAll("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "an id");
  }
}
