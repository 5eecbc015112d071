package io.internvl.vision.image;

/** Which frames of a video InternVL looks at: the middles of equal segments. */
public final class VideoFrames {
  private VideoFrames() {}

  /**
   * Chooses frames of a whole video, as {@code get_index} of the model card does.
   *
   * @param frameCount number of frames of the video, at least 1
   * @param segments number of frames wanted, at least 1
   * @return indices from 0, not falling; frames repeat when the video is shorter than asked for
   */
  public static int[] indices(int frameCount, int segments) {
    if (frameCount < 1) {
      throw new IllegalArgumentException("a video of " + frameCount + " frames");
    }
    return indices(0, frameCount - 1, segments);
  }

  /**
   * Chooses frames of a stretch of a video, as {@code get_index} of the model card does.
   *
   * @param startSeconds start of the stretch
   * @param endSeconds its end; later than the start and not after the end of the video
   * @param framesPerSecond rate of the video
   * @param frameCount number of frames of the video, at least 1
   * @param segments number of frames wanted, at least 1
   * @return indices from 0, not falling
   * @throws IllegalArgumentException when the stretch is not within the video
   */
  public static int[] indices(
      double startSeconds,
      double endSeconds,
      double framesPerSecond,
      int frameCount,
      int segments) {
    if (frameCount < 1) {
      throw new IllegalArgumentException("a video of " + frameCount + " frames");
    }
    int last = frameCount - 1;
    int start = Math.max(0, (int) Math.rint(startSeconds * framesPerSecond));
    int end = Math.min((int) Math.rint(endSeconds * framesPerSecond), last);
    boolean ordered = startSeconds <= endSeconds && framesPerSecond > 0;
    if (!ordered || start > end) {
      throw new IllegalArgumentException(
          "from "
              + startSeconds
              + " s to "
              + endSeconds
              + " s is not within a video of "
              + frameCount / framesPerSecond
              + " s");
    }
    return indices(start, end, segments);
  }

  private static int[] indices(int start, int end, int segments) {
    if (segments < 1) {
      throw new IllegalArgumentException(segments + " segments, expected at least 1");
    }
    double length = (double) (end - start) / segments;
    int[] frames = new int[segments];
    for (int i = 0; i < segments; i++) {
      frames[i] = (int) (start + length / 2 + Math.rint(length * i));
    }
    return frames;
  }
}
