package io.internvl;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A conversation with the tiny model as InternVL's Python held it. */
record GoldenCase(JsonNode json) {
  static final int COUNT = 111;

  static List<GoldenCase> all() throws IOException {
    try (InputStream in = TinyFiles.open("golden/cases.json")) {
      List<GoldenCase> cases = new ArrayList<>();
      JsonMapper.shared().readTree(in).get("cases").forEach(c -> cases.add(new GoldenCase(c)));
      return cases;
    }
  }

  static GoldenCase byId(String id) throws IOException {
    return all().stream().filter(c -> c.id().equals(id)).findFirst().orElseThrow();
  }

  String id() {
    return json.get("id").asString();
  }

  double margin() {
    return json.get("min_top1_margin").asDouble();
  }

  /** The answer with its grounding tags. */
  String answerWithTags() {
    return json.get("answer_with_special_tokens").asString();
  }

  int[] promptIds() {
    return ints("prompt_token_ids");
  }

  int[] answerIds() {
    return ints("answer_token_ids");
  }

  private int[] ints(String field) {
    JsonNode node = json.get(field);
    int[] values = new int[node.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = node.get(i).asInt();
    }
    return values;
  }

  SessionOptions sessionOptions() throws IOException {
    List<Message> history = new ArrayList<>();
    int used = 0;
    for (JsonNode turn : json.get("history")) {
      Message question =
          question(turn.get(0).asString(), used, placeholders(turn.get(0).asString()));
      used += question.images().size();
      history.add(question);
      history.add(Message.assistant(turn.get(1).asString()));
    }
    return SessionOptions.builder().systemMessage(system()).history(history).build();
  }

  SystemMessage system() {
    String text = json.get("system").asString("");
    return text.isEmpty() ? SystemMessage.none() : SystemMessage.of(text);
  }

  /** The question of a finished turn and its answer. */
  List<Message> firstTurn() throws IOException {
    return sessionOptions().history();
  }

  Message question() throws IOException {
    int used = 0;
    for (JsonNode turn : json.get("history")) {
      used += placeholders(turn.get(0).asString());
    }
    return question(json.get("question").asString(), used, json.get("images").size() - used);
  }

  private Message question(String text, int firstImage, int count) throws IOException {
    Image[] images = new Image[count];
    for (int i = 0; i < images.length; i++) {
      String file = json.get("images").get(firstImage + i).get("file").asString();
      try (InputStream in = TinyFiles.open("golden/" + file)) {
        images[i] = Image.of(in).withMaxTiles(json.get("max_num").asInt());
      }
    }
    return Message.user(text, images);
  }

  /** All images, those of earlier turns first. */
  List<Image> images() throws IOException {
    List<Image> images = new ArrayList<>();
    for (Message message : sessionOptions().history()) {
      images.addAll(message.images());
    }
    images.addAll(question().images());
    return images;
  }

  private static int placeholders(String text) {
    return text.split("<image>", -1).length - 1;
  }

  Optional<float[]> firstTokenLogits() throws IOException {
    String file = "golden/tensors/" + id() + "-first_token_logits.bin";
    if (!TinyFiles.exists(file)) {
      return Optional.empty();
    }
    try (InputStream in = TinyFiles.open(file)) {
      byte[] bytes = in.readAllBytes();
      float[] values = new float[bytes.length / Float.BYTES];
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
      return Optional.of(values);
    }
  }

  @Override
  public String toString() {
    return id();
  }
}
