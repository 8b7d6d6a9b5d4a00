package io.weirkeeper.verticles.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.weirkeeper.core.api.JsonBody;
import io.weirkeeper.core.auth.AccessErrors;
import io.weirkeeper.core.auth.GrantCaps;
import io.weirkeeper.core.auth.Role;
import io.weirkeeper.store.Member;
import io.weirkeeper.store.MemberStore;
import java.util.Optional;
import java.util.UUID;

/** Members of the acting tenant (spec: api-semantics §7). */
final class MemberHandlers {
  private final AccessWork work;

  MemberHandlers(Front front) {
    this.work = new AccessWork(front);
  }

  void list(Exchange exchange) {
    work.stores()
        .members()
        .members(exchange.tenantId())
        .onSuccess(
            members -> {
              ArrayNode list = JsonNodeFactory.instance.arrayNode();
              members.forEach(each -> list.add(json(each)));
              exchange.json(200, list);
            })
        .onFailure(failure -> work.fail(exchange, failure));
  }

  void add(Exchange exchange) {
    exchange
        .jsonBody()
        .compose(body -> add(exchange, JsonBody.parse(body)))
        .onSuccess(
            id ->
                exchange.json(
                    200, JsonNodeFactory.instance.objectNode().put("user_id", id.toString())))
        .onFailure(failure -> work.fail(exchange, failure));
  }

  private Future<UUID> add(Exchange exchange, JsonBody body) {
    String subject = body.requiredText("subject");
    exchange.about(subject);
    String email = body.nullableText("email");
    Role role = role(exchange, body);
    // Nobody has verified the address that an administrator writes.
    MemberStore.Login login = new MemberStore.Login(work.issuer(), subject, email, false, null);
    return work.changing(
        work.stores().members().add(work.newId(), exchange.tenantId(), login, role));
  }

  private static Role role(Exchange exchange, JsonBody body) {
    Role role = Role.of(body.requiredWord("role", ApiKeyHandlers.ROLES)).orElseThrow();
    GrantCaps.onMember(role, exchange.principal().role())
        .ifPresent(
            error -> {
              throw error.exception();
            });
    return role;
  }

  void setRole(Exchange exchange) {
    Optional<UUID> id = AccessWork.id(exchange);
    exchange
        .jsonBody()
        .compose(
            body -> {
              Role role = role(exchange, JsonBody.parse(body));
              return id.isEmpty()
                  ? Future.succeededFuture(false)
                  : work.changing(
                      work.stores().members().setRole(exchange.tenantId(), id.get(), role));
            })
        .onSuccess(found -> done(exchange, found))
        .onFailure(failure -> work.fail(exchange, failure));
  }

  void remove(Exchange exchange) {
    Optional<UUID> id = AccessWork.id(exchange);
    Future<Boolean> removed =
        id.isEmpty()
            ? Future.succeededFuture(false)
            : work.changing(work.stores().members().remove(exchange.tenantId(), id.get()));
    removed
        .onSuccess(found -> done(exchange, found))
        .onFailure(failure -> work.fail(exchange, failure));
  }

  private static void done(Exchange exchange, boolean found) {
    if (found) {
      exchange.empty(200);
    } else {
      exchange.error(AccessErrors.unknownUser(exchange.param(0)));
    }
  }

  private static ObjectNode json(Member member) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("user_id", member.userId().toString())
        .put("provider", member.provider())
        .put("subject", member.subject())
        .put("email", member.email())
        .put("email_verified", member.emailVerified())
        .put("display_name", member.displayName())
        .put("role", member.role().label())
        .put("origin", member.origin() == null ? null : member.origin().label());
  }
}
