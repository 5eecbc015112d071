package io.internvl;

import java.util.List;

/**
 * Frames of a video, oldest first. Decoding video files is left to libraries made for it; a handful
 * of frames evenly spread over the clip is what InternVL was trained on. Immutable.
 *
 * @param frames at least one image; each is read as a single tile
 */
public record Video(List<Image> frames) {
  /**
   * Copies the frames.
   *
   * @throws IllegalArgumentException when there are none
   */
  public Video {
    frames = List.copyOf(frames);
    if (frames.isEmpty()) {
      throw new IllegalArgumentException("a video needs at least one frame");
    }
  }

  /**
   * Returns a video of the given frames.
   *
   * @param frames at least one image, oldest first
   * @return the video
   * @throws IllegalArgumentException when there are none
   */
  public static Video ofFrames(List<Image> frames) {
    return new Video(frames);
  }
}
