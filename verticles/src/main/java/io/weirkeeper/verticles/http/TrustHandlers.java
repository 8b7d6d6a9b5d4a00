package io.weirkeeper.verticles.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.api.JsonBody;
import io.weirkeeper.core.auth.AccessErrors;
import io.weirkeeper.core.auth.AccessNames;
import io.weirkeeper.core.auth.GrantCaps;
import io.weirkeeper.core.auth.Role;
import io.weirkeeper.core.auth.Trust;
import io.weirkeeper.store.TrustStore;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Trusts of the acting tenant in workloads of other issuers (spec: auth §8, api-semantics §7). */
final class TrustHandlers {
  /** Nobody becomes owner by a trust of a tenant, so the word is not even read. */
  private static final Collection<String> ROLES = List.of("read", "write", "admin");

  private final AccessWork work;

  TrustHandlers(Front front) {
    this.work = new AccessWork(front);
  }

  void list(Exchange exchange) {
    work.stores()
        .trusts()
        .list(exchange.tenantId())
        .onSuccess(
            trusts -> {
              ArrayNode list = JsonNodeFactory.instance.arrayNode();
              trusts.forEach(each -> list.add(json(each)));
              exchange.json(200, list);
            })
        .onFailure(failure -> work.fail(exchange, failure));
  }

  void get(Exchange exchange) {
    String name = AccessWork.name(exchange);
    work.stores()
        .trusts()
        .find(exchange.tenantId(), name)
        .onSuccess(
            found -> {
              if (found.isPresent()) {
                exchange.json(200, json(found.get()));
              } else {
                exchange.error(AccessErrors.unknownOidcTrust(name));
              }
            })
        .onFailure(failure -> work.fail(exchange, failure));
  }

  void create(Exchange exchange) {
    exchange
        .jsonBody()
        .compose(body -> store(read(exchange, JsonBody.parse(body))))
        .onSuccess(
            trust ->
                exchange.json(
                    201,
                    JsonNodeFactory.instance
                        .objectNode()
                        .put("id", trust.id().toString())
                        .put("name", trust.name())))
        .onFailure(failure -> work.fail(exchange, failure));
  }

  private TrustStore.NewTrust read(Exchange exchange, JsonBody body) {
    String name = body.requiredText("name");
    exchange.about(name);
    String issuer = body.requiredText("issuer");
    String subject = body.requiredText("subject");
    String description = body.nullableText("description");
    String audience = body.nullableText("audience");
    String word = body.nullableWord("role", ROLES);
    AccessNames.check(name);
    requireText("issuer", issuer);
    requireText("subject", subject);
    if (audience != null) {
      requireText("audience", audience);
    }
    Role role = Role.of(Optional.ofNullable(word).orElse("read")).orElseThrow();
    GrantCaps.onTrust(role, exchange.principal().role())
        .ifPresent(
            error -> {
              throw error.exception();
            });
    return new TrustStore.NewTrust(
        work.newId(), exchange.tenantId(), name, description, issuer, subject, audience, role);
  }

  private static void requireText(String field, String value) {
    if (value.isBlank()) {
      throw AccessErrors.emptyOidcTrustField(field).exception();
    }
  }

  private Future<TrustStore.NewTrust> store(TrustStore.NewTrust trust) {
    return work.flawOfIssuer(trust.issuer())
        .compose(
            flaw ->
                flaw == null
                    ? work.changing(work.stores().trusts().create(trust))
                    : Future.failedFuture(
                        AccessErrors.invalidOidcIssuerUrl(trust.issuer(), flaw).exception()))
        .compose(
            isNew ->
                isNew
                    ? Future.succeededFuture(trust)
                    : Future.failedFuture(ApiErrors.duplicateName().exception()));
  }

  void delete(Exchange exchange) {
    String name = AccessWork.name(exchange);
    work.changing(work.stores().trusts().delete(exchange.tenantId(), name))
        .onSuccess(
            gone -> {
              if (gone) {
                exchange.empty(200);
              } else {
                exchange.error(AccessErrors.unknownOidcTrust(name));
              }
            })
        .onFailure(failure -> work.fail(exchange, failure));
  }

  private static ObjectNode json(Trust trust) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("id", trust.id().toString())
        .put("name", trust.name())
        .put("description", trust.description())
        .put("issuer", trust.issuer())
        .put("subject", trust.subject())
        .put("audience", trust.audience())
        .put("role", trust.role().label());
  }
}
