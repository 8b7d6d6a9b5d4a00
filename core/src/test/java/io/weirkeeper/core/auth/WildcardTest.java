package io.weirkeeper.core.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class WildcardTest {
  @Provide
  Arbitrary<String> patterns() {
    return Arbitraries.strings().withChars("ab*.A").ofMaxLength(12);
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.strings().withChars("ab*.A").ofMaxLength(20);
  }

  @Property(tries = 5000)
  void a_star_is_any_run_and_everything_else_is_itself(
      @ForAll("patterns") String pattern, @ForAll("texts") String text) {
    String regex =
        Arrays.stream(pattern.split("\\*", -1))
            .map(Pattern::quote)
            .collect(Collectors.joining(".*"));
    assertThat(Wildcard.matches(pattern, text))
        .isEqualTo(Pattern.compile(regex, Pattern.DOTALL).matcher(text).matches());
  }

  @Example
  void a_trailing_literal_does_not_reuse_what_was_consumed() {
    assertThat(Wildcard.matches("a*a", "a")).isFalse();
    assertThat(Wildcard.matches("a*a", "aa")).isTrue();
    assertThat(Wildcard.matches("repo:acme/*", "repo:acme/")).isTrue();
    assertThat(Wildcard.matches("repo:acme/*", "xrepo:acme/x")).isFalse();
    assertThat(Wildcard.matches("", "")).isTrue();
    assertThat(Wildcard.matches("**", "anything")).isTrue();
  }

  @Example
  void a_pattern_made_to_be_slow_is_not() {
    String text = "a".repeat(10_000);
    assertThat(Wildcard.matches("*a".repeat(200) + "b", text)).isFalse();
  }
}
