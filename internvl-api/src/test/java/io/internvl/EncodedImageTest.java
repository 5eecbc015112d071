package io.internvl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@link Model#encode} on the tiny model. */
class EncodedImageTest {
  private static final String DESCRIBE = "Can you describe this image?";
  private static final String PINK_SQUARE = "A pink square in the top right.";

  @TempDir Path directory;

  @Test
  void anEncodedImageIsEmbeddedOnceAndAnswersAlike() throws IOException {
    List<Long> embedded = new ArrayList<>();
    ProgressListener counter =
        (stage, done, total) -> {
          if (stage == ProgressListener.Stage.VISION) {
            embedded.add(done);
          }
        };
    ModelOptions options = ModelOptions.builder().progress(counter).build();
    Path file = TinyFiles.copy(directory, TinyFiles.Q8_0, TinyFiles.F16_VISION);
    Image picture;
    try (var in = TinyFiles.open("golden/images/001.png")) {
      picture = Image.of(in);
    }
    try (Model counted = Model.load(file, options);
        Model model = Model.load(file)) {
      Image encoded = counted.encode(picture);
      assertThat(encoded.isEncoded()).isTrue();
      assertThat(counted.encode(encoded)).isSameAs(encoded);
      for (int i = 0; i < 2; i++) {
        try (Session session = counted.newSession()) {
          Reply reply = session.chat(DESCRIBE, encoded);
          assertThat(reply.text()).isEqualTo(PINK_SQUARE);
          assertThat(reply.usage().imageTokens()).isEqualTo(16);
        }
      }
      Message video = Message.user("?", Video.ofFrames(List.of(encoded)));
      assertThat(counted.chatBatch(List.of(video), SessionOptions.defaults())).hasSize(1);
      assertThat(embedded).hasSize(1);
      assertThatThrownBy(() -> encoded.withMaxTiles(2))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("encoded already");
      assertThatThrownBy(() -> Image.combined(picture, encoded))
          .isInstanceOf(IllegalArgumentException.class);
      try (Session session = model.newSession()) {
        assertThatThrownBy(() -> session.chat(DESCRIBE, encoded))
            .isInstanceOf(InternVlException.class)
            .hasMessageContaining("encoded by another model");
        assertThat(session.contextUsed()).isZero();
      }
    }
  }
}
