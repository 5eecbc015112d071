package io.internvl.snippets;

import io.internvl.Adapter;
import io.internvl.BatchListener;
import io.internvl.GenerationOptions;
import io.internvl.Image;
import io.internvl.InternVlException;
import io.internvl.Message;
import io.internvl.Model;
import io.internvl.ModelOptions;
import io.internvl.ModelQuantiser;
import io.internvl.Reply;
import io.internvl.ReplyStream;
import io.internvl.Session;
import io.internvl.SessionOptions;
import io.internvl.SystemMessage;
import io.internvl.TokenProbability;
import io.internvl.Video;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Examples shown in the documentation; compiled with the tests. */
final class Snippets {
  private Snippets() {}

  static void loadAndChat() throws IOException {
    // @start region="load-and-chat"
    try (Model model = Model.load(Path.of("InternVL3-14B-Instruct-Q4_K_M.gguf"));
        Session session = model.newSession()) {
      Reply reply =
          session.chat("Please describe the image shortly.", Image.of(Path.of("cat.jpg")));
      System.out.println(reply.text());
    }
    // @end
  }

  static void session(Model model) {
    // @start region="session"
    try (Session session = model.newSession()) {
      session.chat("What is in the picture?", Image.of(Path.of("cat.jpg")));
      Reply second = session.chat("And what colour is it?");
      System.out.println(second.usage().cachedTokens() + " positions were reused");
    }
    // @end
  }

  static void stream(Session session) {
    // @start region="stream"
    try (ReplyStream poem = session.stream("Please write a poem according to the image.")) {
      poem.forEach(System.out::print);
      System.out.println(poem.reply().finishReason());
    }
    // @end
  }

  static Message message(Image before, Image after) {
    // @start region="message"
    Message message =
        Message.builder()
            .text("Before: ")
            .image(before)
            .text("\nAfter: ")
            .image(after)
            .text("\nWhat has changed?")
            .build();
    // @end
    return message;
  }

  static Message grounding(Image image, String phrase) {
    // @start region="grounding"
    Message message =
        Message.builder()
            .image(image)
            .text(
                "\nPlease provide the bounding box coordinate of the region this sentence"
                    + " describes: ")
            .reference(phrase)
            .build();
    // @end
    return message;
  }

  static Reply video(Session session, List<Path> files) {
    // @start region="video"
    List<Image> frames = new ArrayList<>();
    for (int index : Video.frameIndices(files.size(), 8)) {
      frames.add(Image.of(files.get(index)));
    }
    Reply reply = session.chat(Message.user("What happens here?", Video.ofFrames(frames)));
    // @end
    return reply;
  }

  static void encode(Model model, Path photo, List<String> texts) {
    // @start region="encode"
    Image picture = model.encode(Image.of(photo)); // the vision tower runs once
    for (String text : texts) {
      try (Session session = model.newSession()) {
        System.out.println(session.chat(text, picture).text());
      }
    }
    // @end
  }

  static void batch(Model model, List<Path> photos) {
    // @start region="batch"
    List<Message> questions = new ArrayList<>();
    for (Path photo : photos) {
      questions.add(Message.user("Please describe the image shortly.", Image.of(photo)));
    }
    for (Reply reply : model.chatBatch(questions, SessionOptions.defaults())) {
      System.out.println(reply.text());
    }
    // @end
  }

  static void batchListener(Model model, List<Message> questions) {
    // @start region="batch-listener"
    model.chatBatch(
        questions,
        SessionOptions.defaults(),
        new BatchListener() {
          @Override
          public void answered(int question, Reply reply) {
            System.out.println(question + ": " + reply.text());
          }

          @Override
          public void failed(int question, InternVlException problem) {
            System.err.println(question + ": " + problem.getMessage());
          }
        });
    // @end
  }

  static void logProbabilities(Session session, Message question) {
    // @start region="log-probabilities"
    GenerationOptions options = GenerationOptions.builder().logProbabilities(5).build();
    for (TokenProbability token : session.chat(question, options).tokens()) {
      System.out.printf("%s %.3f%n", token.text(), Math.exp(token.logProbability()));
    }
    // @end
  }

  static Image images() {
    // @start region="images"
    Image photo = Image.of(Path.of("photo.jpg")).withOrientationApplied().withMaxTiles(6);
    // @end
    return photo;
  }

  static ModelOptions modelOptions() {
    // @start region="model-options"
    ModelOptions options =
        ModelOptions.builder()
            .mmproj(Path.of("mmproj-F16.gguf"))
            .threads(8)
            .contextLength(8192)
            .build();
    // @end
    return options;
  }

  static void quantise() throws IOException {
    // @start region="quantise"
    ModelQuantiser.builder("Q4_K_M")
        .build()
        .quantise(Path.of("InternVL3-8B-BF16.gguf"), Path.of("InternVL3-8B-Q4_K_M.gguf"));
    // @end
  }

  static SessionOptions sessionOptions() {
    // @start region="session-options"
    SessionOptions options =
        SessionOptions.builder()
            .systemMessage(SystemMessage.of("You answer in one sentence."))
            .generation(GenerationOptions.builder().maxTokens(128).build())
            .build();
    // @end
    return options;
  }

  static Reply thinking(Model model, Image image) {
    // @start region="thinking"
    SessionOptions options =
        SessionOptions.builder().systemMessage(SystemMessage.thinking()).build();
    try (Session session = model.newSession(options);
        ReplyStream stream = session.stream("How many birds are there?", image)) {
      stream.onReasoning(System.err::print).forEach(System.out::print);
      return stream.reply();
    }
    // @end
  }

  static void adapter(Model model) throws IOException {
    // @start region="adapter"
    Adapter adapter = model.loadAdapter(Path.of("invoices-lora.gguf"));
    SessionOptions options = SessionOptions.builder().adapter(adapter, 0.8).build();
    try (Session session = model.newSession(options)) {
      System.out.println(session.chat("What is the total?", Image.of(Path.of("a.png"))).text());
    }
    // @end
  }

  static GenerationOptions generationOptions() {
    // @start region="generation-options"
    GenerationOptions options =
        GenerationOptions.builder()
            .temperature(0.7)
            .topP(0.95)
            .repetitionPenalty(1.1)
            .stopStrings("###")
            .build();
    // @end
    return options;
  }
}
