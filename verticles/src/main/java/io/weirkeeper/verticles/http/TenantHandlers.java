package io.weirkeeper.verticles.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.api.JsonBody;
import io.weirkeeper.core.auth.AccessErrors;
import io.weirkeeper.core.auth.AccessNames;
import io.weirkeeper.core.auth.Tenant;
import io.weirkeeper.store.TenantStore;
import java.util.Optional;
import java.util.UUID;

/** All tenants, for owners (spec: api-semantics §7). */
final class TenantHandlers {
  private final AccessWork work;

  TenantHandlers(Front front) {
    this.work = new AccessWork(front);
  }

  void list(Exchange exchange) {
    work.stores()
        .tenants()
        .list()
        .onSuccess(
            tenants -> {
              ArrayNode list = JsonNodeFactory.instance.arrayNode();
              tenants.forEach(each -> list.add(json(each)));
              exchange.json(200, list);
            })
        .onFailure(failure -> work.fail(exchange, failure));
  }

  void get(Exchange exchange) {
    String name = AccessWork.name(exchange);
    work.stores()
        .tenants()
        .findByIdOrName(name)
        .onSuccess(
            found -> {
              if (found.isPresent()) {
                exchange.json(200, json(found.get()));
              } else {
                exchange.error(AccessErrors.unknownTenantName(name));
              }
            })
        .onFailure(failure -> work.fail(exchange, failure));
  }

  void create(Exchange exchange) {
    exchange
        .jsonBody()
        .compose(
            body -> {
              String name = JsonBody.parse(body).requiredText("name");
              exchange.about(name);
              AccessNames.checkTenant(name);
              return work.stores().tenants().create(work.newId(), name, work.issuer());
            })
        .onSuccess(made -> exchange.json(made.isNew() ? 201 : 200, json(made.tenant())))
        .onFailure(failure -> work.fail(exchange, failure));
  }

  void rename(Exchange exchange) {
    String text = AccessWork.name(exchange);
    Optional<UUID> id = AccessWork.id(exchange);
    exchange
        .jsonBody()
        .compose(body -> rename(JsonBody.parse(body), text, id))
        .onSuccess(
            displaced -> {
              ObjectNode json = JsonNodeFactory.instance.objectNode();
              json.set("displaced", displaced.map(TenantHandlers::json).orElse(null));
              exchange.json(200, json);
            })
        .onFailure(failure -> work.fail(exchange, failure));
  }

  private Future<Optional<Tenant>> rename(JsonBody body, String text, Optional<UUID> id) {
    String name = body.requiredText("name");
    boolean displace = body.bool("displace_existing", false);
    AccessNames.checkTenant(name);
    if (id.isEmpty()) {
      return Future.failedFuture(AccessErrors.unknownTenantName(text).exception());
    }
    return work.changing(work.stores().tenants().rename(id.get(), name, displace))
        .compose(
            outcome -> {
              if (outcome instanceof TenantStore.Rename.Done done) {
                return Future.succeededFuture(Optional.ofNullable(done.displaced()));
              }
              return Future.failedFuture(
                  outcome instanceof TenantStore.Rename.Taken
                      ? ApiErrors.duplicateName().exception()
                      : AccessErrors.unknownTenantName(text).exception());
            });
  }

  void delete(Exchange exchange) {
    String text = AccessWork.name(exchange);
    Optional<UUID> id = AccessWork.id(exchange);
    if (id.isEmpty()) {
      exchange.error(AccessErrors.unknownTenantName(text));
      return;
    }
    work.changing(work.stores().tenants().delete(id.get()))
        .onSuccess(
            outcome -> {
              if (outcome instanceof TenantStore.Removal.NotEmpty left) {
                exchange.error(
                    AccessErrors.tenantNotEmpty(
                        id.get(), left.pipelines(), left.apiKeys(), left.trusts()));
              } else if (outcome instanceof TenantStore.Removal.Unknown) {
                exchange.error(AccessErrors.unknownTenantName(text));
              } else {
                exchange.empty(200);
              }
            })
        .onFailure(failure -> work.fail(exchange, failure));
  }

  private static ObjectNode json(Tenant tenant) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("id", tenant.id().toString())
        .put("name", tenant.name())
        .put("initial_provider", tenant.initialProvider());
  }
}
