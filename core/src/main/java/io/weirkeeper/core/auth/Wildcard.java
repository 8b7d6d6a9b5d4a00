package io.weirkeeper.core.auth;

/**
 * The pattern language of trusts (spec: auth §8): {@code *} stands for any run of characters, also
 * an empty one; everything else for itself. Anchored at both ends, case-sensitive.
 */
public final class Wildcard {
  private static final char ANY = '*';

  private Wildcard() {}

  /** Whether a text fits a pattern; takes at most the product of their lengths in steps. */
  public static boolean matches(String pattern, String text) {
    int p = 0;
    int t = 0;
    int star = -1;
    int retry = 0;
    while (t < text.length()) {
      // The star comes first: a star in the text is not special.
      if (p < pattern.length() && pattern.charAt(p) == ANY) {
        star = p++;
        retry = t;
      } else if (p < pattern.length() && pattern.charAt(p) == text.charAt(t)) {
        p++;
        t++;
      } else if (star >= 0) {
        p = star + 1;
        t = ++retry;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == ANY) {
      p++;
    }
    return p == pattern.length();
  }
}
