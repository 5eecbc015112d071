package io.internvl.gguf;

import java.io.Serial;

/** A file is not usable GGUF, or lacks something that was asked of it. */
public final class GgufException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  /**
   * Creates an error.
   *
   * @param message names the file, the key or tensor, what was found and what was expected
   */
  public GgufException(String message) {
    super(message);
  }
}
