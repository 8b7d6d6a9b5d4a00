package io.weirkeeper.verticles.http.auth;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.weirkeeper.core.auth.Admission;
import io.weirkeeper.core.auth.Principal;

/** Everybody is admin of the default tenant; credentials are not even looked at. */
final class NoAuthenticator implements Authenticator {
  private final IssuerAddress addresses;

  NoAuthenticator(Vertx vertx) {
    this.addresses = new IssuerAddress(vertx, false);
  }

  @Override
  public Principal known(HttpServerRequest request) {
    return Principal.NO_PROVIDER;
  }

  @Override
  public Future<Admission> admit(HttpServerRequest request) {
    return Future.succeededFuture(new Admission.Admitted(Principal.NO_PROVIDER));
  }

  @Override
  public long generation() {
    return 0;
  }

  @Override
  public Standing standing(HttpServerRequest request) {
    return null;
  }

  @Override
  public void forget() {}

  @Override
  public String issuer() {
    return "none";
  }

  @Override
  public ObjectNode configuration() {
    return JsonNodeFactory.instance.objectNode();
  }

  @Override
  public ObjectNode owners() {
    ObjectNode none = JsonNodeFactory.instance.objectNode();
    none.putArray("owners");
    none.putArray("owner_trusts");
    return none;
  }

  @Override
  public Future<String> flawOfIssuer(String url) {
    return addresses.flaw(url);
  }

  @Override
  public void close() {
    addresses.close();
  }
}
