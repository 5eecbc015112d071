package io.internvl;

import static org.assertj.core.api.Assertions.assertThat;

import io.internvl.core.chat.Reasoning;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufTensor;
import io.internvl.gguf.GgufWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Thinking, with a tiny model whose answer "A pink square in the top right." reads "&lt;think&gt;
 * pink&lt;/think&gt; in the top right." because two tokens have other texts.
 */
class ThinkingTest {
  private static final Map<String, String> RENAMED = Map.of("A", "<think>", "Ġsquare", "</think>");
  private static final int USER_DEFINED = 4;

  @TempDir Path directory;

  @Test
  void reasoningIsSplitFromTheAnswerWhileStreaming() throws IOException {
    List<String> thoughts = new ArrayList<>();
    List<String> pieces = new ArrayList<>();
    try (Model model = Model.load(thinkingModel());
        Session session = model.newSession();
        ReplyStream stream =
            session.stream("Can you describe this image?", picture()).onReasoning(thoughts::add)) {
      stream.forEach(pieces::add);
      assertThat(thoughts).containsExactly("pink");
      assertThat(pieces).containsExactly("in", " the", " top", " right", ".");
      assertThat(stream.reply().reasoning()).isEqualTo("pink");
      assertThat(stream.reply().text()).isEqualTo("in the top right.");
    }
  }

  @Test
  void thinkingIsSwitchedByTheSystemMessage() throws IOException {
    Path path = TinyFiles.copy(directory, TinyFiles.Q8_0);
    SessionOptions thinking =
        SessionOptions.builder().systemMessage(SystemMessage.thinking()).build();
    SessionOptions same =
        SessionOptions.builder().systemMessage(SystemMessage.of(Reasoning.SYSTEM_MESSAGE)).build();
    try (Model model = Model.load(path);
        Session first = model.newSession(thinking);
        Session second = model.newSession(same);
        Session third = model.newSession()) {
      Message question = Message.user("Hello");
      assertThat(first.promptIds(question)).isEqualTo(second.promptIds(question));
      assertThat(first.promptIds(question)).isNotEqualTo(third.promptIds(question));
    }
  }

  private Path thinkingModel() throws IOException {
    Path source = TinyFiles.copy(directory, TinyFiles.Q8_0, TinyFiles.F16_VISION);
    Path target = directory.resolve("thinking.gguf");
    try (GgufFile file = GgufFile.open(source)) {
      List<String> tokens = new ArrayList<>(file.metadata().strings("tokenizer.ggml.tokens"));
      List<String> merges = new ArrayList<>(file.metadata().strings("tokenizer.ggml.merges"));
      int[] types = file.metadata().ints("tokenizer.ggml.token_type");
      RENAMED.forEach((from, to) -> {
        int id = tokens.indexOf(from);
        tokens.set(id, to);
        types[id] = USER_DEFINED;
        merges.removeIf(merge -> List.of(merge.split(" ")).contains(from));
        merges.removeIf(merge -> merge.replace(" ", "").equals(from));
      });
      GgufWriter writer = GgufWriter.create().putAll(file.metadata());
      writer.put("tokenizer.ggml.tokens", tokens).put("tokenizer.ggml.merges", merges);
      writer.put("tokenizer.ggml.token_type", types);
      for (GgufTensor tensor : file.tensors()) {
        writer.tensor(tensor);
      }
      writer.writeTo(target);
    }
    return target;
  }

  private static Image picture() throws IOException {
    try (var in = TinyFiles.open("golden/images/001.png")) {
      return Image.of(in);
    }
  }
}
