package io.weirkeeper.engine.connector;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Made-up names, addresses and sentences for the text strategies of datagen (spec: connectors
 * §2.1). The lists that it draws from are in {@code datagen-words.txt}.
 */
final class FakeText {
  /** Word counts, sentence counts, paragraph counts and password lengths without a range. */
  private static final Counter WORDS = uniform(3, 6);

  private static final Counter SENTENCES = uniform(2, 5);
  private static final Counter PARAGRAPHS = uniform(2, 4);
  private static final Counter PASSWORD = uniform(8, 20);

  private static final String PASSWORD_LETTERS =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

  private static final Map<String, String[]> LISTS = lists();

  private final Function<RowRandom, String> maker;

  private FakeText(Function<RowRandom, String> maker) {
    this.maker = maker;
  }

  private static Counter uniform(long from, long to) {
    return new Counter("uniform", from, to - from, 1, 1);
  }

  private static Map<String, String[]> lists() {
    Map<String, String[]> lists = new HashMap<>();
    try (InputStream in = FakeText.class.getResourceAsStream("datagen-words.txt");
        BufferedReader reader =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        int colon = line.indexOf(": ");
        if (!line.startsWith("#") && colon > 0) {
          lists.put(line.substring(0, colon), line.substring(colon + 2).split("\\|"));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return lists;
  }

  /**
   * The maker of a strategy.
   *
   * @param counts how many words, sentences, paragraphs or characters; null for the usual number
   */
  static FakeText of(String strategy, Counter counts) {
    return new FakeText(
        switch (strategy) {
          case "words" -> r -> words(r, counts == null ? WORDS : counts);
          case "sentence" -> FakeText::sentence;
          case "sentences" -> r -> sentences(r, counts == null ? SENTENCES : counts);
          case "paragraph" -> r -> sentences(r, SENTENCES);
          case "paragraphs" ->
              r ->
                  repeat(
                      counts == null ? PARAGRAPHS : counts, r, "\n", () -> sentences(r, SENTENCES));
          case "name" -> FakeText::name;
          case "name_with_title" -> r -> pick("title", r) + " " + name(r);
          case "email" -> r -> username(r) + "@" + pick("word", r) + "." + pick("domain_suffix", r);
          case "username" -> FakeText::username;
          case "password" -> r -> password(r, counts == null ? PASSWORD : counts);
          case "job_title" ->
              r -> pick("seniority", r) + " " + pick("field", r) + " " + pick("position", r);
          case "ipv4" -> FakeText::ipv4;
          case "ipv6" -> FakeText::ipv6;
          case "ip" -> r -> r.below(2) == 0 ? ipv4(r) : ipv6(r);
          case "mac_address" ->
              r -> Stream.generate(() -> hex(r, 2)).limit(6).collect(Collectors.joining(":"));
          case "valid_status_code" -> r -> Integer.toString(100 + r.below(500));
          case "company_name" -> r -> pick("last_name", r) + " " + pick("company_suffix", r);
          case "catch_phrase" ->
              r ->
                  pick("buzzword", r)
                      + " "
                      + pick("buzzword_middle", r)
                      + " "
                      + pick("buzzword_tail", r);
          case "bs" -> r -> pick("bs_verb", r) + " " + pick("bs_adj", r) + " " + pick("bs_noun", r);
          case "currency_code" -> r -> part("currency", 0, r);
          case "currency_name" -> r -> part("currency", 1, r);
          case "currency_symbol" -> r -> part("currency", 2, r);
          case "country_code" -> r -> part("country", 0, r);
          case "country_name" -> r -> part("country", 1, r);
          case "state_abbr" -> r -> part("state", 0, r);
          case "state_name" -> r -> part("state", 1, r);
          case "credit_card_number" -> FakeText::creditCard;
          case "city_name" -> FakeText::city;
          case "street_name" -> r -> pick("last_name", r) + " " + pick("street_suffix", r);
          case "secondary_address" -> r -> pick("secondary_address_type", r) + " " + digits(r, 3);
          case "zip_code", "post_code" -> r -> digits(r, 5);
          case "building_number" -> r -> Integer.toString(1 + r.below(9_999));
          case "latitude" -> r -> degrees(r, 90);
          case "longitude" -> r -> degrees(r, 180);
          case "isbn" -> r -> r.below(2) == 0 ? isbn10(r) : isbn13(r);
          case "isbn10" -> FakeText::isbn10;
          case "isbn13" -> FakeText::isbn13;
          case "phone_number" ->
              r -> "(" + (200 + r.below(800)) + ") " + (200 + r.below(800)) + "-" + digits(r, 4);
          case "cell_number" ->
              r -> (200 + r.below(800)) + "-" + (200 + r.below(800)) + "-" + digits(r, 4);
          case "file_name" -> FakeText::fileName;
          case "dir_path" -> FakeText::directory;
          case "file_path" -> r -> directory(r) + "/" + fileName(r);
          default -> r -> pick(strategy, r);
        });
  }

  /** Whether a strategy can be made. */
  static boolean knows(String strategy) {
    try {
      return !of(strategy, null).next(new RowRandom()).isEmpty();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** A text. */
  String next(RowRandom random) {
    return maker.apply(random);
  }

  private static String pick(String list, RowRandom r) {
    String[] entries = LISTS.get(list);
    if (entries == null) {
      throw new IllegalArgumentException("no words for '" + list + "'");
    }
    return entries[r.below(entries.length)];
  }

  private static String part(String list, int part, RowRandom r) {
    return pick(list, r).split(",")[part];
  }

  private static String repeat(Counter counts, RowRandom r, String between, Supplier<String> one) {
    return Stream.generate(one).limit(counts.next(0, r)).collect(Collectors.joining(between));
  }

  private static String words(RowRandom r, Counter counts) {
    return repeat(counts, r, " ", () -> pick("word", r));
  }

  private static String sentence(RowRandom r) {
    String words = words(r, uniform(4, 10));
    return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1) + ".";
  }

  private static String sentences(RowRandom r, Counter counts) {
    return repeat(counts, r, " ", () -> sentence(r));
  }

  private static String name(RowRandom r) {
    return pick("first_name", r) + " " + pick("last_name", r);
  }

  private static String username(RowRandom r) {
    return (pick("first_name", r) + "_" + pick("last_name", r)).toLowerCase(Locale.ROOT)
        + r.below(1_000);
  }

  private static String password(RowRandom r, Counter lengths) {
    return repeat(
        lengths,
        r,
        "",
        () -> String.valueOf(PASSWORD_LETTERS.charAt(r.below(PASSWORD_LETTERS.length()))));
  }

  private static String digits(RowRandom r, int count) {
    StringBuilder digits = new StringBuilder(count);
    for (int i = 0; i < count; i++) {
      digits.append((char) ('0' + r.below(10)));
    }
    return digits.toString();
  }

  private static String hex(RowRandom r, int count) {
    StringBuilder digits = new StringBuilder(count);
    for (int i = 0; i < count; i++) {
      digits.append(Character.forDigit(r.below(16), 16));
    }
    return digits.toString();
  }

  private static String ipv4(RowRandom r) {
    return (1 + r.below(223)) + "." + r.below(256) + "." + r.below(256) + "." + r.below(256);
  }

  private static String ipv6(RowRandom r) {
    return Stream.generate(() -> hex(r, 4)).limit(8).collect(Collectors.joining(":"));
  }

  private static String city(RowRandom r) {
    return pick("city_prefix", r) + " " + pick("last_name", r) + pick("city_suffix", r);
  }

  private static String degrees(RowRandom r, int limit) {
    return String.format(Locale.ROOT, "%.6f", (r.nextDouble() * 2 - 1) * limit);
  }

  private static String fileName(RowRandom r) {
    return pick("word", r) + "." + pick("file_extension", r);
  }

  private static String directory(RowRandom r) {
    return "/" + pick("word", r) + "/" + pick("word", r) + "/" + pick("word", r);
  }

  /** Sixteen digits that pass the check of card numbers. */
  private static String creditCard(RowRandom r) {
    String digits = "4" + digits(r, 14);
    int sum = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = digits.charAt(i) - '0';
      int twice = i % 2 == 0 ? digit * 2 : digit;
      sum += twice > 9 ? twice - 9 : twice;
    }
    return digits + (10 - sum % 10) % 10;
  }

  private static String isbn13(RowRandom r) {
    String digits = "978" + digits(r, 9);
    int sum = 0;
    for (int i = 0; i < digits.length(); i++) {
      sum += (digits.charAt(i) - '0') * (i % 2 == 0 ? 1 : 3);
    }
    return digits + (10 - sum % 10) % 10;
  }

  private static String isbn10(RowRandom r) {
    String digits = digits(r, 9);
    int sum = 0;
    for (int i = 0; i < digits.length(); i++) {
      sum += (digits.charAt(i) - '0') * (10 - i);
    }
    int check = (11 - sum % 11) % 11;
    return digits + (check == 10 ? "X" : Integer.toString(check));
  }
}
