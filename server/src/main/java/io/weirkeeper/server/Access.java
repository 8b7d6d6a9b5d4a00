package io.weirkeeper.server;

import io.vertx.core.Vertx;
import io.weirkeeper.conf.AuthSettings;
import io.weirkeeper.core.auth.AuthRules;
import io.weirkeeper.core.auth.OwnerTrust;
import io.weirkeeper.core.auth.Role;
import io.weirkeeper.store.AccessStores;
import io.weirkeeper.verticles.http.auth.AuthenticationSettings;
import io.weirkeeper.verticles.http.auth.Authenticator;
import io.weirkeeper.verticles.pipeline.Ids;
import io.weirkeeper.verticles.tls.PrivateAuthorities;
import java.io.IOException;
import java.time.Clock;
import java.util.Set;

/** Makes of settings what asks callers who they are. */
final class Access {
  private Access() {}

  static Authenticator authenticator(Vertx vertx, AuthSettings settings, AccessStores stores)
      throws IOException {
    if (!settings.isOn()) {
      return Authenticator.none(vertx);
    }
    AuthenticationSettings authentication =
        AuthenticationSettings.of(rules(settings))
            .with(
                Set.copyOf(settings.algorithms()),
                settings.allowInternalTrustIssuers(),
                settings.loginUrl(),
                settings.logoutUrl())
            .withAuthorities(
                settings.privateCa().isPresent()
                    ? PrivateAuthorities.read(settings.privateCa().get())
                    : null);
    return Authenticator.bearer(vertx, authentication, stores, Ids.SECURE, Clock.systemUTC());
  }

  private static AuthRules rules(AuthSettings settings) {
    return new AuthRules(
        settings.provider() == AuthSettings.Provider.AWS_COGNITO
            ? AuthRules.Provider.AWS_COGNITO
            : AuthRules.Provider.GENERIC_OIDC,
        settings.issuer(),
        settings.clientId(),
        settings.audience(),
        settings.authorizedGroups(),
        settings.issuerTenant(),
        settings.individualTenant(),
        settings.provisionOnLogin(),
        Role.of(settings.defaultRole()).orElseThrow(),
        Role.of(settings.firstUserRole()).orElseThrow(),
        settings.owners(),
        settings.ownerTrusts().stream()
            .map(each -> new OwnerTrust(each.issuer(), each.subject(), each.audience()))
            .toList());
  }
}
