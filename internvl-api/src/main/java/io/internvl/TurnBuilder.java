package io.internvl;

import io.internvl.core.chat.ChatTemplate;
import io.internvl.core.chat.PromptEncoder;
import io.internvl.core.chat.PromptPart;
import io.internvl.core.chat.Reasoning;
import io.internvl.core.decoder.DecoderState;
import io.internvl.core.generation.Prefill;
import io.internvl.core.generation.Prompt;
import io.internvl.core.sampling.Sampler;
import io.internvl.core.sampling.SamplingOptions;
import io.internvl.core.tokenizer.StreamingDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Turns messages into prompts - template, token ids, tiles, embeddings - and evaluates them. */
final class TurnBuilder {
  private static final Set<String> VISIBLE_TOKENS =
      Set.of("<ref>", "</ref>", "<box>", "</box>", "<quad>", "</quad>", "<think>", "</think>");

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

  /**
   * Evaluates a question. When that fails, the conversation is as it was before.
   *
   * @param question the message
   * @param encoded what it has become
   * @param carriedToken a token of the last answer to be evaluated first, or -1
   * @param state the conversation
   * @param generation how the answer is produced
   * @param watch where the time goes
   * @return the question with an answer that has not begun
   * @throws ContextOverflowException when the question does not fit
   */
  Turn begin(
      Message question,
      EncodedTurn encoded,
      int carriedToken,
      DecoderState state,
      GenerationOptions generation,
      Stopwatch watch) {
    int cached = state.cache().length();
    encoded.checkRoom(carriedToken >= 0 ? 1 : 0, state.cache());
    Prompt prompt = prompt(encoded, carriedToken, watch);
    ProgressListener progress = model.options().progress();
    watch.start();
    new Prefill(model.decoder(), state)
        .evaluate(
            prompt, (done, total) -> progress.update(ProgressListener.Stage.PREFILL, done, total));
    watch.prefill();
    int vocabulary = model.decoder().config().vocabularySize();
    Answer answer =
        new Answer(
            state.cache(),
            model.tokenizer(),
            new Sampler(sampling(generation), vocabulary),
            new StreamingDecoder(model.tokenizer(), VISIBLE_TOKENS),
            vocabulary,
            generation);
    return new Turn(question, prompt, cached, answer, watch);
  }

  private static SamplingOptions sampling(GenerationOptions generation) {
    return new SamplingOptions(
        generation.temperature(),
        generation.topK(),
        generation.topP(),
        generation.minP(),
        generation.repetitionPenalty(),
        generation.seed());
  }

  /** Computes image embeddings and joins everything that is to be evaluated. */
  private Prompt prompt(EncodedTurn turn, int carriedToken, Stopwatch watch) {
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
