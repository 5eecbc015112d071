package io.internvl.vision.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Frame numbers that {@code get_index} of InternVL's model card gives. */
class VideoFramesTest {
  @Test
  void framesOfAWholeVideo() {
    assertThat(VideoFrames.indices(100, 8)).containsExactly(6, 18, 31, 43, 56, 68, 80, 93);
    assertThat(VideoFrames.indices(250, 8)).containsExactly(15, 46, 77, 108, 139, 171, 202, 233);
    assertThat(VideoFrames.indices(101, 1)).containsExactly(50);
    assertThat(VideoFrames.indices(20, 8)).containsExactly(1, 3, 6, 8, 11, 13, 15, 18);
    assertThat(VideoFrames.indices(8, 8)).containsExactly(0, 1, 2, 3, 4, 4, 5, 6);
    assertThat(VideoFrames.indices(1, 3)).containsExactly(0, 0, 0);
  }

  @Test
  void aShortVideoRepeatsFrames() {
    assertThat(VideoFrames.indices(4, 8)).containsExactly(0, 0, 1, 1, 2, 2, 2, 3);
  }

  @Test
  void framesOfAStretch() {
    assertThat(VideoFrames.indices(1, 3, 10, 100, 4)).containsExactly(12, 17, 22, 27);
    assertThat(VideoFrames.indices(0, 100, 10, 100, 4)).containsExactly(12, 37, 62, 86);
  }

  @Test
  void aStretchBeyondTheEndIsRefused() {
    assertThatThrownBy(() -> VideoFrames.indices(20, 30, 10, 100, 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("from 20.0 s to 30.0 s is not within a video of 10.0 s");
    assertThatThrownBy(() -> VideoFrames.indices(3, 1, 10, 100, 4)).hasMessageContaining("3.0 s");
    assertThatThrownBy(() -> VideoFrames.indices(Double.NaN, 1, 10, 100, 4))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> VideoFrames.indices(0, 4)).hasMessageContaining("0 frames");
    assertThatThrownBy(() -> VideoFrames.indices(4, 0)).hasMessageContaining("0 segments");
  }
}
