package io.internvl;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SharedImagesTest {
  private static Image image() {
    return Image.ofRgb(1, 1, new byte[3]);
  }

  @Test
  void embeddingsAreKeptFromTheFirstUseToTheLast() {
    Image once = image();
    Image twice = image();
    List<Message> questions =
        List.of(Message.user("?", twice), Message.user("?", once), Message.user("?", twice));
    SharedImages shared = SharedImages.of(questions, List.of());
    float[] rows = {1};
    assertThat(shared.find(twice)).isNull();
    shared.use(twice, rows);
    assertThat(shared.find(twice)).isSameAs(rows);
    shared.use(once, rows);
    assertThat(shared.find(once)).isNull();
    shared.use(twice, rows);
    assertThat(shared.find(twice)).isNull();
  }

  @Test
  void imagesOfTheHistoryAreUsedByEveryQuestion() {
    Image earlier = image();
    List<Message> questions = List.of(Message.user("a"), Message.user("b"));
    SharedImages shared = SharedImages.of(questions, List.of(Message.user("?", earlier)));
    shared.use(earlier, new float[1]);
    assertThat(shared.find(earlier)).isNotNull();
  }

  @Test
  void noMoreThanAFewAreKept() {
    List<Image> images = new ArrayList<>();
    List<Message> questions = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      Image image = image();
      images.add(image);
      questions.add(Message.user("?", image));
      questions.add(Message.user("!", image));
    }
    SharedImages shared = SharedImages.of(questions, List.of());
    images.forEach(image -> shared.use(image, new float[1]));
    assertThat(images.stream().filter(image -> shared.find(image) != null))
        .hasSize(SharedImages.MOST);
    assertThat(SharedImages.none().find(images.getFirst())).isNull();
  }
}
