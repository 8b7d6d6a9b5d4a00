package io.weirkeeper.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.weirkeeper.core.auth.ApiKeySecret;
import io.weirkeeper.core.auth.Membership;
import io.weirkeeper.core.auth.Origin;
import io.weirkeeper.core.auth.ProvisionPlan;
import io.weirkeeper.core.auth.Role;
import io.weirkeeper.core.auth.Tenant;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AccessStoresTest {
  private static final String ISSUER = "https://login.example.com";
  private static Vertx vertx;
  private static PostgresUri uri;
  private static Database database;
  private static AccessStores access;

  @BeforeAll
  static void open() throws Exception {
    vertx = TestPostgres.vertx();
    uri = TestPostgres.newDatabase();
    database = TestPostgres.open(vertx, uri);
    access = database.access();
  }

  @AfterAll
  static void close() throws Exception {
    database.close().await(10, TimeUnit.SECONDS);
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  @BeforeEach
  void forgetAll() {
    TestPostgres.execute(
        uri,
        "DELETE FROM api_key; DELETE FROM oidc_trust; DELETE FROM app_user;"
            + " DELETE FROM tenant WHERE id <> '00000000-0000-0000-0000-000000000000';"
            + " UPDATE tenant SET name = 'default'");
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.await(10, TimeUnit.SECONDS);
  }

  private static Tenant made(String name) throws Exception {
    return get(access.tenants().create(UUID.randomUUID(), name, ISSUER)).tenant();
  }

  private static MemberStore.Login login(String subject) {
    return new MemberStore.Login(ISSUER, subject, subject + "@x", true, null);
  }

  private static Future<Void> provision(String subject, ProvisionPlan plan) {
    return access
        .members()
        .provision(
            login(subject), UUID.randomUUID(), plan, UUID.randomUUID(), Role.ADMIN, Role.READ);
  }

  private static List<String> roles(String subject) throws Exception {
    return get(access.members().memberships(ISSUER, subject)).orElseThrow().stream()
        .map(each -> each.tenantName() + " " + each.role().label())
        .sorted()
        .toList();
  }

  @Test
  void makingATenantTwiceIsAsOnce() throws Exception {
    NewTenant first = get(access.tenants().create(UUID.randomUUID(), "acme", ISSUER));
    NewTenant second = get(access.tenants().create(UUID.randomUUID(), "acme", "other"));
    assertThat(first.isNew()).isTrue();
    assertThat(second).isEqualTo(new NewTenant(first.tenant(), false));
    assertThat(get(access.tenants().findByIdOrName(first.tenant().id().toString())))
        .contains(first.tenant());
    assertThat(get(access.tenants().findByIdOrName("acme"))).contains(first.tenant());
    assertThat(get(access.tenants().findByIdOrName("no one"))).isEmpty();
    assertThat(get(access.tenants().list()))
        .containsExactly(new Tenant(Tenant.DEFAULT_ID, "default", "none"), first.tenant());
  }

  @Test
  void aNameIsTakenOverOnlyOnRequest() throws Exception {
    Tenant acme = made("acme");
    UUID own = Tenant.DEFAULT_ID;
    assertThat(get(access.tenants().rename(own, "acme", false)))
        .isInstanceOf(TenantStore.Rename.Taken.class);
    assertThat(get(access.tenants().rename(own, "acme", true)))
        .isEqualTo(
            new TenantStore.Rename.Done(new Tenant(acme.id(), "acme (" + acme.id() + ")", ISSUER)));
    assertThat(get(access.tenants().rename(own, "acme", true)))
        .isEqualTo(new TenantStore.Rename.Done(null));
    assertThat(get(access.tenants().rename(UUID.randomUUID(), "acme", true)))
        .isInstanceOf(TenantStore.Rename.Unknown.class);
    assertThat(get(access.tenants().find(own)).orElseThrow().name()).isEqualTo("acme");
  }

  @Test
  void onlyAnEmptyTenantIsDeleted() throws Exception {
    UUID acme = made("acme").id();
    get(access.apiKeys().create(UUID.randomUUID(), acme, "k", "h", Role.READ, null));
    assertThat(get(access.tenants().delete(acme)))
        .isEqualTo(new TenantStore.Removal.NotEmpty(0, 1, 0));
    get(access.apiKeys().delete(acme, "k"));
    get(provision("ann", new ProvisionPlan("acme", List.of(), Origin.CLAIM)));
    assertThat(get(access.tenants().delete(acme))).isInstanceOf(TenantStore.Removal.Done.class);
    assertThat(roles("ann")).isEmpty();
    assertThat(get(access.tenants().delete(acme))).isInstanceOf(TenantStore.Removal.Unknown.class);
  }

  @Test
  void whoeverMakesATenantHasTheFirstRoleAndWhoeverJoinsTheDefault() throws Exception {
    assertThat(get(access.members().memberships(ISSUER, "ann"))).isEmpty();
    made("there");
    ProvisionPlan plan = new ProvisionPlan("new", List.of("there", "not there"), Origin.CLAIM);
    get(provision("ann", plan));
    get(provision("bob", plan));
    assertThat(roles("ann")).containsExactly("new admin", "there read");
    assertThat(roles("bob")).containsExactly("new read", "there read");
    get(provision("cy", ProvisionPlan.NOTHING));
    assertThat(get(access.members().memberships(ISSUER, "cy"))).contains(List.of());
  }

  @Test
  void manyFirstLoginsAtOnceMakeOneTenantWithOneFirstRole() throws Exception {
    ProvisionPlan plan = new ProvisionPlan("rush", List.of(), Origin.CLAIM);
    List<Future<Void>> logins = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      logins.add(provision("user" + i % 10, plan));
    }
    get(Future.all(logins));
    for (int i = 0; i < 10; i++) {
      // A login that lost the race joins when it comes again.
      get(provision("user" + i, plan));
    }
    List<Member> members =
        get(
            access
                .members()
                .members(get(access.tenants().findByIdOrName("rush")).orElseThrow().id()));
    assertThat(members).hasSize(10);
    assertThat(members.stream().filter(each -> each.role() == Role.ADMIN)).hasSize(1);
  }

  @Test
  void aMembershipThatExistsKeepsItsRole() throws Exception {
    UUID acme = made("acme").id();
    UUID ann =
        get(
            access
                .members()
                .add(
                    UUID.randomUUID(),
                    acme,
                    new MemberStore.Login(ISSUER, "ann", null, false, null),
                    Role.WRITE));
    get(provision("ann", new ProvisionPlan("acme", List.of(), Origin.CLAIM)));
    assertThat(get(access.members().members(acme)))
        .containsExactly(
            new Member(ann, ISSUER, "ann", "ann@x", true, null, Role.WRITE, Origin.API));
    assertThat(get(access.members().setRole(acme, ann, Role.ADMIN))).isTrue();
    assertThat(roles("ann")).containsExactly("acme admin");
    assertThat(get(access.members().remove(acme, ann))).isTrue();
    assertThat(get(access.members().remove(acme, ann))).isFalse();
    assertThat(get(access.members().setRole(acme, ann, Role.READ))).isFalse();
    assertThat(get(access.members().memberships(ISSUER, "ann")))
        .isEqualTo(Optional.of(List.<Membership>of()));
  }

  @Test
  void aKeyIsFoundByItsHashUntilItIsDeleted() throws Exception {
    UUID acme = made("acme").id();
    UUID id = UUID.randomUUID();
    String hash = ApiKeySecret.hash("apikey:x");
    Instant expiry = Instant.parse("2030-01-01T00:00:00Z");
    assertThat(get(access.apiKeys().create(id, acme, "ci", hash, Role.WRITE, expiry))).isTrue();
    assertThat(
            get(access.apiKeys().create(UUID.randomUUID(), acme, "ci", "other", Role.READ, null)))
        .isFalse();
    ApiKeyRow found = get(access.apiKeys().withHash(hash)).orElseThrow();
    assertThat(found.tenantName()).isEqualTo("acme");
    assertThat(found.role()).isEqualTo(Role.WRITE);
    assertThat(found.expiresAt()).isEqualTo(expiry);
    assertThat(found.lastUsedAt()).isNull();
    Instant used = Instant.parse("2026-11-22T10:00:00Z");
    get(access.apiKeys().used(List.of(id, UUID.randomUUID()), used));
    assertThat(get(access.apiKeys().find(acme, "ci")).orElseThrow().lastUsedAt()).isEqualTo(used);
    assertThat(get(access.apiKeys().find(Tenant.DEFAULT_ID, "ci"))).isEmpty();
    assertThat(get(access.apiKeys().delete(Tenant.DEFAULT_ID, "ci"))).isFalse();
    assertThat(get(access.apiKeys().delete(acme, "ci"))).isTrue();
    assertThat(get(access.apiKeys().withHash(hash))).isEmpty();
  }

  @Test
  void trustsAreFoundByTheirIssuerInAllTenants() throws Exception {
    UUID acme = made("acme").id();
    assertThat(get(access.trusts().create(trust(acme, "t")))).isTrue();
    assertThat(get(access.trusts().create(trust(acme, "t")))).isFalse();
    assertThat(get(access.trusts().create(trust(Tenant.DEFAULT_ID, "t")))).isTrue();
    assertThat(get(access.trusts().inIssuer(ISSUER)))
        .extracting(each -> each.tenant().name())
        .containsExactlyInAnyOrder("acme", "default");
    assertThat(get(access.trusts().inIssuer("https://other"))).isEmpty();
    assertThat(get(access.trusts().list(acme))).hasSize(1);
    assertThat(get(access.trusts().delete(acme, "t"))).isTrue();
    assertThat(get(access.trusts().find(acme, "t"))).isEmpty();
  }

  private static TrustStore.NewTrust trust(UUID tenant, String name) {
    return new TrustStore.NewTrust(
        UUID.randomUUID(), tenant, name, null, ISSUER, "repo:*", "aud", Role.ADMIN);
  }

  @Test
  void everyWriteThatTakesARightAwayOrChangesOneRaisesTheGeneration() throws Exception {
    UUID acme = made("acme").id();
    get(access.apiKeys().create(UUID.randomUUID(), acme, "k", "h", Role.READ, null));
    UUID ann = get(access.members().add(UUID.randomUUID(), acme, login("ann"), Role.READ));
    get(access.trusts().create(trust(acme, "t")));
    long number = get(access.generation().current());
    List<Future<?>> writes =
        List.of(
            access.apiKeys().delete(acme, "k"),
            access.members().setRole(acme, ann, Role.WRITE),
            access.members().remove(acme, ann),
            access.trusts().delete(acme, "t"),
            access.tenants().rename(acme, "new", false),
            access.tenants().delete(acme));
    get(Future.all(writes));
    assertThat(get(access.generation().current())).isEqualTo(number + writes.size());
  }
}
