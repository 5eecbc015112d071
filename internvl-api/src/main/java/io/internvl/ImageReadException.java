package io.internvl;

import java.io.Serial;

/** An image cannot be read, decoded, or is larger than allowed. */
public final class ImageReadException extends InternVlException {
  @Serial private static final long serialVersionUID = 1L;

  /**
   * Creates an error with its cause.
   *
   * @param message names the image, what was found and what is supported
   * @param cause the underlying error
   */
  public ImageReadException(String message, Throwable cause) {
    super(message, cause);
  }
}
