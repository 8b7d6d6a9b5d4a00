package io.weirkeeper.verticles.http;

import io.vertx.core.Future;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.auth.AccessErrors;
import io.weirkeeper.store.AccessStores;
import io.weirkeeper.store.OutcomeUnknownException;
import io.weirkeeper.store.StoreException;
import io.weirkeeper.verticles.pipeline.Ids;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** What the handlers of tenants, members, keys and trusts have in common. */
final class AccessWork {
  private final Front front;

  AccessWork(Front front) {
    this.front = front;
  }

  AccessStores stores() {
    return front.services().access();
  }

  /** The issuer of logins. */
  String issuer() {
    return front.services().authenticator().issuer();
  }

  Future<String> flawOfIssuer(String url) {
    return front.services().authenticator().flawOfIssuer(url);
  }

  UUID newId() {
    return Ids.SECURE.uuid7(Instant.now());
  }

  /**
   * A write that changes a right: whatever becomes of it, the node forgets whom it had admitted
   * before anybody hears of the outcome.
   */
  <T> Future<T> changing(Future<T> write) {
    return write.onComplete(done -> front.services().authenticator().forget());
  }

  /** Answers what went wrong. */
  void fail(Exchange exchange, Throwable failure) {
    if (failure instanceof OutcomeUnknownException) {
      exchange.error(ApiErrors.outcomeUnknown(failure.getMessage()));
    } else if (failure instanceof StoreException refused
        && (refused.reason() == StoreException.Reason.UNAVAILABLE
            || refused.reason() == StoreException.Reason.TIMED_OUT)) {
      exchange.error(ApiErrors.databaseUnavailable(refused.getMessage()));
    } else {
      exchange.fail(failure);
    }
  }

  /**
   * The name in the path, decoded once.
   *
   * @throws io.weirkeeper.core.api.ApiException with {@code InvalidNameParam}
   */
  static String name(Exchange exchange) {
    String raw = exchange.rawParam(0);
    ByteBuffer bytes = ByteBuffer.allocate(raw.length() * 3);
    for (int i = 0; i < raw.length(); i++) {
      if (raw.charAt(i) != '%') {
        bytes.put(raw.substring(i, i + 1).getBytes(StandardCharsets.UTF_8));
        continue;
      }
      int high = i + 2 < raw.length() ? Character.digit(raw.charAt(i + 1), 16) : -1;
      int low = i + 2 < raw.length() ? Character.digit(raw.charAt(i + 2), 16) : -1;
      if (high < 0 || low < 0) {
        throw AccessErrors.invalidNameParam(raw, "a percent sign without two hexadecimal digits")
            .exception();
      }
      bytes.put((byte) (high << 4 | low));
      i += 2;
    }
    String name;
    try {
      name = StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
    } catch (CharacterCodingException e) {
      throw AccessErrors.invalidNameParam(raw, "it is not UTF-8").exception();
    }
    if (name.indexOf('\0') >= 0) {
      throw AccessErrors.invalidNameParam(raw, "it holds a NUL character").exception();
    }
    return name;
  }

  /** The id in the path, or empty when it is none. */
  static Optional<UUID> id(Exchange exchange) {
    String text = exchange.param(0);
    return PipelineHandlers.UUID_FORM.matcher(text).matches()
        ? Optional.of(UUID.fromString(text))
        : Optional.empty();
  }
}
