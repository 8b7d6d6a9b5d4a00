package io.weirkeeper.compiler.program;

import java.util.Locale;

/**
 * A lexical unit of a program (spec: sql.md §1.1).
 *
 * @param kind what it is
 * @param start offset of its first character
 * @param end offset after its last character
 * @param value the folded word, the identifier without quotes, the string's contents, or the text
 */
public record Token(Kind kind, int start, int end, String value) {

  /** What a token is. */
  public enum Kind {
    /** An unquoted identifier or keyword, folded to lower case. */
    WORD,
    /** An identifier in double quotes, verbatim. */
    QUOTED,
    /** A string literal. */
    STRING,
    /** A number. */
    NUMBER,
    /** Anything else: punctuation, one or two characters. */
    SYMBOL,
    /** The end of the text. */
    END
  }

  /** Whether this is the unquoted word, in any case. */
  public boolean is(String word) {
    return kind == Kind.WORD && value.equals(word.toLowerCase(Locale.ROOT));
  }

  /** Whether this is the punctuation. */
  public boolean isSymbol(String symbol) {
    return kind == Kind.SYMBOL && value.equals(symbol);
  }

  /** Whether this can name something. */
  public boolean isName() {
    return kind == Kind.WORD || kind == Kind.QUOTED;
  }
}
