package io.internvl.gguf;

import java.io.Serial;

/** A file is not usable GGUF, or lacks something that was asked of it. */
public final class GgufException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;
  private static final int LONGEST_NAME = 100;

  /**
   * Creates an error.
   *
   * @param message names the file, the key or tensor, what was found and what was expected
   */
  public GgufException(String message) {
    super(message);
  }

  /**
   * Creates an error with its cause.
   *
   * @param message names the file, what was found and what was expected
   * @param cause the underlying error
   */
  public GgufException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Quotes a name from a file for a message: cut when absurdly long, control characters masked. */
  static String quoted(String name) {
    String shown =
        name.length() <= LONGEST_NAME
            ? name
            : name.substring(0, LONGEST_NAME) + "... (" + name.length() + " characters)";
    StringBuilder safe = new StringBuilder(shown.length() + 2).append('\'');
    for (int i = 0; i < shown.length(); i++) {
      char c = shown.charAt(i);
      safe.append(Character.isISOControl(c) ? '\uFFFD' : c);
    }
    return safe.append('\'').toString();
  }
}
