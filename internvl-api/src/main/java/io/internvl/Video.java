package io.internvl;

import io.internvl.vision.image.VideoFrames;
import java.util.List;

/**
 * Frames of a video, oldest first. Decoding video files is left to libraries made for it; a handful
 * of frames evenly spread over the clip is what InternVL was trained on. Immutable.
 *
 * {@snippet class="io.internvl.snippets.Snippets" region="video"}
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
   * Chooses which frames of a whole video to show, as the model card does: the middles of equal
   * stretches.
   *
   * @param frameCount number of frames of the video, at least 1
   * @param frames how many to choose, at least 1; the model card uses 8
   * @return indices from 0, not falling; some repeat when the video is shorter than asked for
   * @throws IllegalArgumentException when a number is less than 1
   */
  public static int[] frameIndices(int frameCount, int frames) {
    return VideoFrames.indices(frameCount, frames);
  }

  /**
   * Chooses which frames of a stretch of a video to show, as the model card does.
   *
   * @param startSeconds start of the stretch
   * @param endSeconds its end, not before the start
   * @param framesPerSecond rate of the video
   * @param frameCount number of frames of the video, at least 1
   * @param frames how many to choose, at least 1
   * @return indices from 0, not falling
   * @throws IllegalArgumentException when the stretch is not within the video or a number is out of
   *     range
   */
  public static int[] frameIndices(
      double startSeconds, double endSeconds, double framesPerSecond, int frameCount, int frames) {
    return VideoFrames.indices(startSeconds, endSeconds, framesPerSecond, frameCount, frames);
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
