package io.internvl;

import java.io.Serial;

/** A model file cannot be used: damaged, unsupported, or not fitting its companion. */
public final class ModelLoadException extends InternVlException {
  @Serial private static final long serialVersionUID = 1L;

  /**
   * Creates an error.
   *
   * @param message names the file, what was found and what was expected
   */
  public ModelLoadException(String message) {
    super(message);
  }

  /**
   * Creates an error with its cause.
   *
   * @param message names the file, what was found and what was expected
   * @param cause the underlying error
   */
  public ModelLoadException(String message, Throwable cause) {
    super(message, cause);
  }
}
