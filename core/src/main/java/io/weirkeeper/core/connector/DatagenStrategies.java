package io.weirkeeper.core.connector;

import java.util.List;

/** The wire names of the ways of making values (spec: connectors §2.1). */
public final class DatagenStrategies {
  private DatagenStrategies() {}

  /** Counts. */
  public static final String INCREMENT = "increment";

  /** Draws each value of the range alike. */
  public static final String UNIFORM = "uniform";

  /** Draws small ranks more often. */
  public static final String ZIPF = "zipf";

  /** All of them; those after the first three make text. */
  public static final List<String> ALL =
      List.of(
          ("increment uniform zipf word words sentence sentences paragraph paragraphs first_name"
                  + " last_name title suffix name name_with_title domain_suffix email username"
                  + " password field position seniority job_title ipv4 ipv6 ip mac_address"
                  + " user_agent rfc_status_code valid_status_code company_suffix company_name"
                  + " buzzword buzzword_middle buzzword_tail catch_phrase bs_verb bs_adj bs_noun bs"
                  + " profession industry currency_code currency_name currency_symbol"
                  + " credit_card_number city_prefix city_suffix city_name country_name"
                  + " country_code street_suffix street_name time_zone state_name state_abbr"
                  + " secondary_address_type secondary_address zip_code post_code building_number"
                  + " latitude longitude isbn isbn13 isbn10 phone_number cell_number file_path"
                  + " file_name file_extension dir_path")
              .split(" "));

  /** Whether a strategy makes text, and nothing else. */
  public static boolean makesText(String strategy) {
    return ALL.indexOf(strategy) > 2;
  }
}
