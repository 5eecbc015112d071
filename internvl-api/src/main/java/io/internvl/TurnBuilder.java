package io.internvl;

import io.internvl.core.chat.ChatTemplate;
import io.internvl.core.chat.PromptEncoder;
import io.internvl.core.chat.PromptPart;
import io.internvl.core.chat.Reasoning;
import io.internvl.core.generation.Prompt;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Turns messages into prompts: template, token ids, tiles, embeddings. */
final class TurnBuilder {
  private final Model model;
  private final ChatTemplate template;
  private final PromptEncoder encoder;

  TurnBuilder(Model model) {
    this.model = model;
    this.template = model.template();
    this.encoder = new PromptEncoder(model.tokenizer());
  }

  /** Encodes system message, earlier turns and the first question of a session. */
  EncodedTurn first(
      SystemMessage system, List<Message> history, Message question, Stopwatch watch) {
    List<PromptPart> parts = new ArrayList<>();
    List<Image> images = new ArrayList<>();
    systemText(system).ifPresent(text -> parts.addAll(template.system(text)));
    for (Message message : history) {
      if (message.role() == Message.Role.USER) {
        parts.addAll(template.user(content(message, images)));
      } else {
        parts.addAll(template.assistant(message.text()));
      }
    }
    parts.addAll(template.user(content(question, images)));
    return encode(parts, images, model.tokenizer().beginningOfSequence(), watch);
  }

  /** Encodes the end of the last answer and the next question. */
  EncodedTurn later(Message question, Stopwatch watch) {
    List<PromptPart> parts = new ArrayList<>(template.endOfAnswer());
    List<Image> images = new ArrayList<>();
    parts.addAll(template.user(content(question, images)));
    return encode(parts, images, OptionalInt.empty(), watch);
  }

  private Optional<String> systemText(SystemMessage system) {
    return switch (system) {
      case SystemMessage.ModelDefault() -> template.defaultSystemMessage();
      case SystemMessage.Thinking() -> Optional.of(Reasoning.SYSTEM_MESSAGE);
      case SystemMessage.None() -> Optional.empty();
      case SystemMessage.Custom(String text) -> Optional.of(text);
    };
  }

  private static List<PromptPart> content(Message message, List<Image> images) {
    List<PromptPart> parts = new ArrayList<>();
    for (Message.Part part : message.parts()) {
      switch (part) {
        case Message.Text(String text) -> parts.add(new PromptPart.Text(text));
        case Message.Markup(String text) -> parts.add(new PromptPart.Markup(text));
        case Message.Picture(Image image) -> {
          parts.add(new PromptPart.ImageSlot(images.size()));
          images.add(image);
        }
      }
    }
    return parts;
  }

  private EncodedTurn encode(
      List<PromptPart> parts, List<Image> images, OptionalInt firstToken, Stopwatch watch) {
    List<PreparedImage> prepared = new ArrayList<>(images.size());
    if (!images.isEmpty()) {
      ImagePreparation preparation = new ImagePreparation(model.embedder().config());
      watch.start();
      for (Image image : images) {
        prepared.add(preparation.prepare(image));
      }
      watch.preprocess();
    }
    int tokensPerTile = model.info().tokensPerTile();
    List<PromptEncoder.Run> runs = new ArrayList<>();
    firstToken.ifPresent(id -> runs.add(new PromptEncoder.TokenRun(List.of(id))));
    runs.addAll(encoder.encode(parts, index -> prepared.get(index).tiles() * tokensPerTile));
    return new EncodedTurn(runs, prepared);
  }

  /** Computes image embeddings and joins everything that is to be evaluated. */
  Prompt prompt(EncodedTurn turn, int carriedToken, Stopwatch watch) {
    Prompt prompt = new Prompt();
    if (carriedToken >= 0) {
      prompt.addTokens(new int[] {carriedToken});
    }
    int total = turn.images().stream().mapToInt(PreparedImage::tiles).sum();
    int done = 0;
    for (PromptEncoder.Run run : turn.runs()) {
      switch (run) {
        case PromptEncoder.TokenRun(List<Integer> ids) ->
            prompt.addTokens(ids.stream().mapToInt(Integer::intValue).toArray());
        case PromptEncoder.ImageRun(int index, int rows) -> {
          PreparedImage image = turn.images().get(index);
          watch.start();
          prompt.addEmbeddings(embed(image, done, total), rows);
          watch.vision();
          done += image.tiles();
        }
      }
    }
    return prompt;
  }

  private float[] embed(PreparedImage image, int done, int total) {
    ProgressListener progress = model.options().progress();
    return model
        .embedder()
        .embed(
            image.pixels(),
            image.tiles(),
            finished -> progress.update(ProgressListener.Stage.VISION, done + finished, total));
  }

  int imageContextToken() {
    return encoder.imageContextToken();
  }
}
