package io.weirkeeper.verticles.http;

import static io.weirkeeper.verticles.http.Fixture.parse;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.auth.Actor;
import io.weirkeeper.core.auth.AuditEntry;
import io.weirkeeper.core.auth.Role;
import io.weirkeeper.verticles.audit.AuditTrail;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AuditingTest {
  private AccessFixture fixture;
  private String admin;
  private String reader;

  @BeforeEach
  void open() {
    fixture = new AccessFixture();
    admin = fixture.memberWithRole("boss", "acme", Role.ADMIN);
    reader = fixture.memberWithRole("ann", "acme", Role.READ);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void whatChangesSomethingIsToldWithItsResultAndItsId() {
    TestingAuditTrail trail = fixture.front.audit;
    HttpResponse<String> made = fixture.json("POST", "/v0/api_keys", admin, "{'name':'ci'}");
    Fixture.until("the deed", () -> trail.each.size() == 1);
    AuditTrail.Deed deed = trail.each.get(0);
    assertThat(deed.tenantName()).isEqualTo("acme");
    assertThat(deed.actor()).isEqualTo(new Actor(Actor.Kind.USER, fixture.issuer.issuer(), "boss"));
    assertThat(deed.source()).isEqualTo("127.0.0.1");
    assertThat(deed.operation()).isEqualTo("post_api_key");
    assertThat(deed.object()).isEqualTo("ci");
    assertThat(deed.pipeline()).isNull();
    assertThat(deed.status()).isEqualTo(201);
    assertThat(made.headers().firstValue(Auditing.REQUEST_ID))
        .contains(trail.ids.get(0).toString());
    // A key, not a token, asks for the next.
    String key = parse(made).get("api_key").asText();
    fixture.json("POST", "/v0/pipelines/p%20q/start", key, "");
    Fixture.until("the second deed", () -> trail.each.size() == 2);
    AuditTrail.Deed refused = trail.each.get(1);
    assertThat(refused.actor()).isEqualTo(new Actor(Actor.Kind.API_KEY, "", "ci"));
    assertThat(refused.pipeline()).isEqualTo("p q");
    assertThat(refused.status()).isEqualTo(403);
    assertThat(trail.each.toString()).doesNotContain(key);
  }

  @Test
  void readsAreNotToldUnlessTheRoleIsTooLow() {
    TestingAuditTrail trail = fixture.front.audit;
    assertThat(fixture.get("/v0/pipelines", reader).statusCode()).isEqualTo(200);
    HttpResponse<String> read = fixture.get("/v0/tenant/users", reader);
    assertThat(read.statusCode()).isEqualTo(403);
    assertThat(read.headers().firstValue(Auditing.REQUEST_ID)).isEmpty();
    Fixture.until("the refusal", () -> trail.gathered.size() == 1);
    assertThat(trail.each).isEmpty();
    assertThat(trail.gathered)
        .extracting(AuditTrail.Deed::operation, AuditTrail.Deed::status)
        .containsExactly(org.assertj.core.groups.Tuple.tuple("list_tenant_users", 403));
  }

  @Test
  void aCredentialThatIsNotAcceptedIsToldAndNoneAtAllIsNot() {
    TestingAuditTrail trail = fixture.front.audit;
    fixture.get("/v0/pipelines", null);
    assertThat(trail.gathered).isEmpty();
    fixture.get("/v0/pipelines", "apikey:wrong");
    fixture.get("/v0/pipelines", "nonsense");
    Fixture.until("both refusals", () -> trail.gathered.size() == 2);
    assertThat(trail.gathered)
        .allMatch(
            each ->
                each.operation().equals(AuditEntry.AUTHENTICATE)
                    && each.actor().equals(Actor.UNKNOWN)
                    && each.status() == 401
                    && each.tenantId() == null);
  }

  @Test
  void anAdministratorSeesTheirTenantAndAnOwnerAll() {
    String owner = fixture.issuer.token(AccessFixture.OWNER);
    String eve = fixture.memberWithRole("eve", "other", Role.ADMIN);
    UUID acme = UUID.fromString(parse(fixture.get("/v0/tenants/acme", owner)).get("id").asText());
    List<AuditEntry> entries = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      entries.add(
          new AuditEntry(
              new UUID(i, 1),
              Instant.parse("2026-11-22T10:00:0" + i + "Z"),
              acme,
              "acme",
              new Actor(Actor.Kind.USER, "i", "ann"),
              "127.0.0.1",
              "post_pipeline_start",
              "p" + i,
              null,
              202,
              1));
    }
    entries.add(
        new AuditEntry(
            new UUID(4, 1),
            Instant.parse("2026-11-22T10:00:04Z"),
            null,
            null,
            Actor.UNKNOWN,
            "127.0.0.1",
            AuditEntry.AUTHENTICATE,
            null,
            null,
            401,
            12));
    Fixture.await(fixture.database.audit().add(entries));

    assertThat(numbers("", admin)).containsExactly(3, 2, 1);
    assertThat(numbers("?limit=2", admin)).containsExactly(3, 2);
    assertThat(numbers("?limit=2&before=" + new UUID(2, 1), admin)).containsExactly(1);
    assertThat(numbers("?since=2026-11-22T10:00:02Z&until=2026-11-22T10:00:03Z", admin))
        .containsExactly(2);
    assertThat(numbers("?pipeline=p1&actor=ann&operation=post_pipeline_start", admin))
        .containsExactly(1);
    assertThat(numbers("?operation=authenticate", admin)).isEmpty();
    assertThat(numbers("", eve)).isEmpty();
    assertThat(numbers("", owner)).containsExactly(4, 3, 2, 1);
    JsonNode stranger = parse(fixture.get("/v0/audit?operation=authenticate", owner)).get(0);
    assertThat(stranger.get("occurrences").asInt()).isEqualTo(12);
    assertThat(stranger.get("tenant_id").isNull()).isTrue();
    assertThat(parse(fixture.get("/v0/audit?acting_tenant=true", owner, "acme"))).hasSize(3);
    assertThat(fixture.get("/v0/audit", reader).statusCode()).isEqualTo(403);
    for (String wrong :
        List.of("limit=0", "limit=1001", "before=x", "since=yesterday", "until=+1-1-1")) {
      assertThat(fixture.get("/v0/audit?" + wrong, admin).statusCode()).as(wrong).isEqualTo(400);
    }
  }

  private List<Integer> numbers(String query, String credential) {
    HttpResponse<String> answer = fixture.get("/v0/audit" + query, credential);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    List<Integer> numbers = new ArrayList<>();
    parse(answer)
        .forEach(
            each ->
                numbers.add(
                    (int) UUID.fromString(each.get("id").asText()).getMostSignificantBits()));
    return numbers;
  }
}
