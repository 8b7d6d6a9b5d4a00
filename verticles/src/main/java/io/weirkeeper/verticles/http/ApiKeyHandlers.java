package io.weirkeeper.verticles.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.api.JsonBody;
import io.weirkeeper.core.auth.AccessErrors;
import io.weirkeeper.core.auth.AccessNames;
import io.weirkeeper.core.auth.ApiKeySecret;
import io.weirkeeper.core.auth.GrantCaps;
import io.weirkeeper.core.auth.Role;
import io.weirkeeper.store.ApiKeyRow;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/** API keys of the acting tenant (spec: auth §3, api-semantics §7). */
final class ApiKeyHandlers {
  static final Collection<String> ROLES = Stream.of(Role.values()).map(Role::label).toList();

  private static final SecureRandom RANDOM = new SecureRandom();

  private final AccessWork work;

  ApiKeyHandlers(Front front) {
    this.work = new AccessWork(front);
  }

  void list(Exchange exchange) {
    work.stores()
        .apiKeys()
        .list(exchange.tenantId())
        .onSuccess(keys -> exchange.json(200, json(keys)))
        .onFailure(failure -> work.fail(exchange, failure));
  }

  /** An array with one element: clients know it so. */
  void get(Exchange exchange) {
    String name = AccessWork.name(exchange);
    work.stores()
        .apiKeys()
        .find(exchange.tenantId(), name)
        .onSuccess(
            found -> {
              if (found.isPresent()) {
                exchange.json(200, json(List.of(found.get())));
              } else {
                exchange.error(AccessErrors.unknownApiKey(name));
              }
            })
        .onFailure(failure -> work.fail(exchange, failure));
  }

  void create(Exchange exchange) {
    String key = ApiKeySecret.create(RANDOM);
    UUID id = work.newId();
    exchange
        .jsonBody()
        .compose(body -> store(exchange, JsonBody.parse(body), id, key))
        .onSuccess(
            name -> {
              ObjectNode made = JsonNodeFactory.instance.objectNode();
              made.put("id", id.toString()).put("name", name).put("api_key", key);
              exchange.json(201, made);
            })
        .onFailure(failure -> work.fail(exchange, failure));
  }

  private Future<String> store(Exchange exchange, JsonBody body, UUID id, String key) {
    String name = body.requiredText("name");
    String word = body.nullableWord("role", ROLES);
    Instant expires = body.nullableTime("expires_at");
    AccessNames.check(name);
    Role role = Role.of(Optional.ofNullable(word).orElse("read")).orElseThrow();
    GrantCaps.onApiKey(role, exchange.principal().role())
        .ifPresent(
            error -> {
              throw error.exception();
            });
    return work.stores()
        .apiKeys()
        .create(id, exchange.tenantId(), name, ApiKeySecret.hash(key), role, expires)
        .compose(
            isNew ->
                isNew
                    ? Future.succeededFuture(name)
                    : Future.failedFuture(ApiErrors.duplicateName().exception()));
  }

  void delete(Exchange exchange) {
    String name = AccessWork.name(exchange);
    work.changing(work.stores().apiKeys().delete(exchange.tenantId(), name))
        .onSuccess(
            gone -> {
              if (gone) {
                exchange.empty(200);
              } else {
                exchange.error(AccessErrors.unknownApiKey(name));
              }
            })
        .onFailure(failure -> work.fail(exchange, failure));
  }

  private static ArrayNode json(List<ApiKeyRow> keys) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    for (ApiKeyRow key : keys) {
      list.addObject()
          .put("id", key.id().toString())
          .put("name", key.name())
          .put("role", key.role().label());
    }
    return list;
  }
}
