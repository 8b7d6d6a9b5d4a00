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
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/** API keys of the acting tenant (spec: auth §3, api-semantics §7). */
final class ApiKeyHandlers {
  static final Collection<String> ROLES = Stream.of(Role.values()).map(Role::label).toList();

  private static final Set<String> SELECTORS = Set.of("all", "basic");
  private static final SecureRandom RANDOM = new SecureRandom();

  private final AccessWork work;

  ApiKeyHandlers(Front front) {
    this.work = new AccessWork(front);
  }

  void list(Exchange exchange) {
    boolean all = wantsAll(exchange);
    work.stores()
        .apiKeys()
        .list(exchange.tenantId())
        .onSuccess(keys -> exchange.json(200, json(keys, all)))
        .onFailure(failure -> work.fail(exchange, failure));
  }

  /** An array with one element: clients know it so. */
  void get(Exchange exchange) {
    String name = AccessWork.name(exchange);
    boolean all = wantsAll(exchange);
    work.stores()
        .apiKeys()
        .find(exchange.tenantId(), name)
        .onSuccess(
            found -> {
              if (found.isPresent()) {
                exchange.json(200, json(List.of(found.get()), all));
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
    exchange.about(name);
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

  /** The times are ours: clients that don't ask for them get the keys that they know. */
  private static boolean wantsAll(Exchange exchange) {
    return exchange.query().oneOf("selector", "basic", SELECTORS).equals("all");
  }

  private static ArrayNode json(List<ApiKeyRow> keys, boolean all) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    for (ApiKeyRow key : keys) {
      ObjectNode json =
          list.addObject()
              .put("id", key.id().toString())
              .put("name", key.name())
              .put("role", key.role().label());
      if (all) {
        json.put("created_at", text(key.createdAt()));
        json.put("expires_at", text(key.expiresAt()));
        json.put("last_used_at", text(key.lastUsedAt()));
      }
    }
    return list;
  }

  private static String text(Instant time) {
    return time == null ? null : time.toString();
  }
}
