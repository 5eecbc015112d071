package io.internvl;

import java.io.Serial;

/** Base of the errors that this library reports besides wrong arguments. */
public class InternVlException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  /**
   * Creates an error.
   *
   * @param message what failed, what was found and what to do
   */
  public InternVlException(String message) {
    super(message);
  }

  /**
   * Creates an error with its cause.
   *
   * @param message what failed, what was found and what to do
   * @param cause the underlying error
   */
  public InternVlException(String message, Throwable cause) {
    super(message, cause);
  }
}
