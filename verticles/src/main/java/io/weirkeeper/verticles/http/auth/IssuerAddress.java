package io.weirkeeper.verticles.http.auth;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Which servers may be asked for an issuer's keys on a tenant's word (spec: auth §8): those that
 * anybody could reach. Else an administrator of a tenant could make this server send requests into
 * the network that it stands in. The names are resolved again for every fetch, which goes to the
 * address that was checked.
 */
final class IssuerAddress {
  private static final int LOOKUP_THREADS = 2;
  private static final Duration LOOKUP_LIMIT = Duration.ofSeconds(10);

  private final boolean internalAllowed;

  /** Looking up a name blocks; it is rare, and may hold up nothing but itself. */
  private final WorkerExecutor lookups;

  IssuerAddress(Vertx vertx, boolean internalAllowed) {
    this.internalAllowed = internalAllowed;
    this.lookups =
        vertx.createSharedWorkerExecutor(
            "issuer-lookup", LOOKUP_THREADS, LOOKUP_LIMIT.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** A URL in its parts, or what is wrong with it. */
  record Parsed(URI url, String flaw) {}

  /** What can be told without a name server. */
  static Parsed parse(String text) {
    URI url;
    try {
      url = new URI(text);
    } catch (URISyntaxException e) {
      return new Parsed(null, "it is not a URL");
    }
    String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
    if (url.getHost() == null || !(scheme.equals("https") || scheme.equals("http"))) {
      return new Parsed(null, "it is not an https URL");
    }
    if (url.getRawUserInfo() != null) {
      return new Parsed(null, "it holds credentials");
    }
    if (url.getRawQuery() != null || url.getRawFragment() != null) {
      return new Parsed(null, "it has a query or a fragment");
    }
    return new Parsed(url, null);
  }

  /**
   * What is wrong with an issuer, or null. A host that does not resolve now may later; it is judged
   * again before anything is fetched.
   */
  Future<String> flaw(String text) {
    Parsed parsed = parse(text);
    if (parsed.flaw() != null) {
      return Future.succeededFuture(parsed.flaw());
    }
    return addresses(parsed.url().getHost())
        .map(found -> flaw(parsed.url(), found))
        .recover(
            unknown ->
                Future.succeededFuture(isHttps(parsed.url()) ? null : "it is not an https URL"));
  }

  /** What is wrong with a URL whose host has these addresses, or null. */
  String flaw(URI url, InetAddress[] addresses) {
    boolean internal = false;
    for (InetAddress address : addresses) {
      internal |= isInternal(address);
    }
    if (internal && !internalAllowed) {
      return "its host is at an address that is not public";
    }
    return isHttps(url) || internal ? null : "it is not an https URL";
  }

  private static boolean isHttps(URI url) {
    return "https".equalsIgnoreCase(url.getScheme());
  }

  /** All addresses of a host; fails when it is unknown. */
  Future<InetAddress[]> addresses(String host) {
    String name = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    return lookups.executeBlocking(() -> InetAddress.getAllByName(name), false);
  }

  void close() {
    lookups.close();
  }

  /** Whether an address is loopback, private, or otherwise not of the public internet. */
  static boolean isInternal(InetAddress address) {
    if (address.isAnyLocalAddress()
        || address.isLoopbackAddress()
        || address.isLinkLocalAddress()
        || address.isSiteLocalAddress()
        || address.isMulticastAddress()) {
      return true;
    }
    byte[] bytes = address.getAddress();
    int first = bytes[0] & 0xff;
    int second = bytes[1] & 0xff;
    if (address instanceof Inet6Address) {
      boolean unique = (first & 0xfe) == 0xfc;
      // These lead to IPv4 addresses, which may be internal ones.
      boolean translated = first == 0x00 && second == 0x64;
      boolean sixToFour = first == 0x20 && second == 0x02;
      boolean compatible = first == 0 && second == 0;
      return unique || translated || sixToFour || compatible;
    }
    return first == 0
        || first >= 240
        || (first == 100 && (second & 0xc0) == 64)
        || (first == 192 && second == 0 && bytes[2] == 0)
        || (first == 198 && (second & 0xfe) == 18);
  }
}
