package io.internvl.vision.image;

import java.io.Serial;

/** An image cannot be decoded or is larger than allowed. */
public final class ImageException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  /**
   * Creates an error.
   *
   * @param message names the image, what was found and what is supported
   */
  public ImageException(String message) {
    super(message);
  }

  /**
   * Creates an error with its cause.
   *
   * @param message names the image, what was found and what is supported
   * @param cause the decoder's error
   */
  public ImageException(String message, Throwable cause) {
    super(message, cause);
  }
}
