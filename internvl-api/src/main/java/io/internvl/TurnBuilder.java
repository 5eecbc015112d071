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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Turns messages into prompts - template, token ids, tiles, embeddings - and evaluates them. */
final class TurnBuilder {
  private static final Set<String> VISIBLE_TOKENS =
      Set.of("<ref>", "</ref>", "<box>", "</box>", "<quad>", "</quad>", "<think>", "</think>");

  private static final Pattern VISIBLE =
      Pattern.compile(VISIBLE_TOKENS.stream().map(Pattern::quote).collect(Collectors.joining("|")));

  private final Model model;
  private final ChatTemplate template;
  private final PromptEncoder encoder;
  private final SharedImages shared;

  TurnBuilder(Model model) {
    this(model, SharedImages.none());
  }

  TurnBuilder(Model model, SharedImages shared) {
    this.model = model;
    this.shared = shared;
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
        parts.addAll(template.assistant(content(message, images)));
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
    List<PreparedImage> prepared = images.isEmpty() ? List.of() : prepare(images, watch);
    int tokensPerTile = model.info().tokensPerTile();
    List<PromptEncoder.Run> runs = new ArrayList<>();
    firstToken.ifPresent(id -> runs.add(new PromptEncoder.TokenRun(List.of(id))));
    runs.addAll(encoder.encode(parts, index -> prepared.get(index).count() * tokensPerTile));
    return new EncodedTurn(runs, prepared);
  }

  /** Cuts images into tiles; stops where no context has room for the rest. */
  private List<PreparedImage> prepare(List<Image> images, Stopwatch watch) {
    ImagePreparation preparation = preparation();
    int tokensPerTile = model.info().tokensPerTile();
    List<PreparedImage> prepared = new ArrayList<>(images.size());
    long rows = 0;
    watch.start();
    for (Image image : images) {
      float[] known = embeddings(image);
      PreparedImage next =
          known == null
              ? preparation.prepare(image)
              : new PreparedImage(image, List.of(), tiles(known, tokensPerTile));
      prepared.add(next);
      rows += (long) next.count() * tokensPerTile;
      if (rows > model.contextLength() && prepared.size() < images.size()) {
        throw ContextOverflowException.ofImages(
            prepared.size(), images.size(), rows, model.contextLength());
      }
    }
    watch.preprocess();
    return prepared;
  }

  private ImagePreparation preparation() {
    return new ImagePreparation(model.embedder().config());
  }

  /** Returns what was made of an image before, or null. */
  private float @Nullable [] embeddings(Image image) {
    if (image.source() instanceof Image.Source.OfEmbeddings(Model owner, float[] rows)) {
      if (owner != model) {
        throw new InternVlException(
            "the image was encoded by another model than " + model.info().name());
      }
      return rows;
    }
    return shared.find(image);
  }

  /** Computes the embeddings of an image for use in any conversation with the model. */
  Image encoded(Image image) {
    if (embeddings(image) != null) {
      return image;
    }
    PreparedImage prepared = preparation().prepare(image);
    return Image.encoded(model, embed(prepared, 0, prepared.count()));
  }

  private int tiles(float[] embeddings, int tokensPerTile) {
    return embeddings.length / model.decoder().config().hiddenSize() / tokensPerTile;
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
    Answer answer = answer(state, generation); // may fail, so before anything is evaluated
    Prompt prompt = prompt(encoded, carriedToken, watch);
    ProgressListener progress = model.options().progress();
    watch.start();
    new Prefill(model.decoder(), state)
        .evaluate(
            prompt, (done, total) -> progress.update(ProgressListener.Stage.PREFILL, done, total));
    watch.prefill();
    return new Turn(question, cached, prompt.length(), prompt.embeddingRows(), answer, watch);
  }

  private Answer answer(DecoderState state, GenerationOptions generation) {
    int vocabulary = model.decoder().config().vocabularySize();
    return new Answer(
        state.cache(),
        model.tokenizer(),
        new Sampler(sampling(generation), vocabulary),
        new StreamingDecoder(model.tokenizer(), VISIBLE_TOKENS),
        vocabulary,
        generation);
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
    int total = turn.images().stream().mapToInt(PreparedImage::count).sum();
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
          done += image.count();
        }
      }
    }
    return prompt;
  }

  private float[] embed(PreparedImage image, int done, int total) {
    float[] known = embeddings(image.source());
    float[] rows = known != null ? known : newEmbeddings(image, done, total);
    shared.use(image.source(), rows);
    return rows;
  }

  private float[] newEmbeddings(PreparedImage image, int done, int total) {
    ProgressListener progress = model.options().progress();
    return model
        .embedder()
        .embed(
            preparation().pixels(image),
            image.count(),
            finished -> progress.update(ProgressListener.Stage.VISION, done + finished, total));
  }

  /**
   * Makes a message of an answer, in which the tokens that a reader sees, such as {@code <ref>},
   * are those tokens again.
   */
  static Message answered(String text) {
    List<Message.Part> parts = new ArrayList<>();
    Matcher matcher = VISIBLE.matcher(text);
    int from = 0;
    while (matcher.find()) {
      if (matcher.start() > from) {
        parts.add(new Message.Text(text.substring(from, matcher.start())));
      }
      parts.add(new Message.Markup(matcher.group()));
      from = matcher.end();
    }
    if (from < text.length() || from == 0) {
      parts.add(new Message.Text(text.substring(from)));
    }
    return new Message(Message.Role.ASSISTANT, parts);
  }

  int imageContextToken() {
    return encoder.imageContextToken();
  }
}
