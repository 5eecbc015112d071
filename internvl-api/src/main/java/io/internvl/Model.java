package io.internvl;

import io.internvl.core.chat.ChatTemplate;
import io.internvl.core.chat.ChatTemplates;
import io.internvl.core.decoder.Decoder;
import io.internvl.core.decoder.ScaledAdapter;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.KvLayer;
import io.internvl.core.tokenizer.Tokenizer;
import io.internvl.core.tokenizer.Tokenizers;
import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufFile;
import io.internvl.vision.ImageEmbedder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A loaded InternVL model: language model and, when there is one, vision tower.
 *
 * <p>The weights stay in the files, mapped into memory and shared by all sessions, unless {@link
 * ModelOptions.Builder#weights} asks for others. Thread-safe: any number of sessions may be open
 * and used from different threads; their work takes turns on the model's worker threads. {@link
 * #close} waits for running calls, then frees everything; sessions of a closed model throw {@link
 * IllegalStateException}.
 *
 * {@snippet class="io.internvl.snippets.Snippets" region="load-and-chat"}
 */
public final class Model implements AutoCloseable {
  private static final int PREFILL_CHUNK = 512;
  private static final System.Logger LOG = System.getLogger(Model.class.getName());

  private final ModelOptions options;
  private final Resources resources;
  private final GgufFile file;
  private final Kernels kernels;
  private final Decoder decoder;
  private final Tokenizer tokenizer;
  private final ChatTemplate template;
  private final @Nullable ImageEmbedder embedder;
  private final ModelInfo info;
  private final List<ScaledAdapter> adapters = new ArrayList<>();
  private final ReentrantReadWriteLock lifecycle = new ReentrantReadWriteLock(true);
  private boolean closed;

  Model(
      ModelOptions options,
      Resources resources,
      GgufFile file,
      Kernels kernels,
      Decoder decoder,
      @Nullable ImageEmbedder embedder,
      long sizeBytes) {
    this.options = options;
    this.resources = resources;
    this.file = file;
    this.kernels = kernels;
    this.decoder = decoder;
    this.embedder = embedder;
    tokenizer = ModelLoader.naming(file.path(), () -> Tokenizers.from(file.metadata()));
    ModelLoader.checkTokens(file.path(), tokenizer, decoder);
    ChatTemplates.Detection detection =
        options
            .chatFormat()
            .map(format -> ChatTemplates.chosen(ChatTemplate.valueOf(format.name())))
            .orElseGet(() -> ChatTemplates.detect(file.metadata()));
    template = detection.template();
    LOG.log(
        System.Logger.Level.INFO,
        "{0}: chat template {1}, because {2}",
        file.path(),
        template.name(),
        detection.reason());
    ModelLoader.checkFormat(file.path(), template, tokenizer, embedder != null);
    info = describe(sizeBytes);
  }

  /**
   * Loads a model with default settings. The vision file is looked for beside it.
   *
   * @param path a GGUF language model; of a split one, any part
   * @return the model, to be closed by the caller
   * @throws IOException when a file cannot be read
   * @throws ModelLoadException when a file is damaged or not supported
   */
  public static Model load(Path path) throws IOException {
    return load(path, ModelOptions.defaults());
  }

  /**
   * Loads a model.
   *
   * @param path a GGUF language model; of a split one, any part
   * @param options settings
   * @return the model, to be closed by the caller
   * @throws IOException when a file cannot be read
   * @throws ModelLoadException when a file is damaged or not supported, or the vision file does not
   *     fit the language model
   */
  public static Model load(Path path, ModelOptions options) throws IOException {
    return ModelLoader.load(path, options);
  }

  private ModelInfo describe(long sizeBytes) {
    Path name = file.path().getFileName();
    boolean vision = embedder != null;
    return new ModelInfo(
        file.metadata().string("general.name", String.valueOf(name)),
        decoder.config().architecture().ggufName(),
        template.name(),
        contextLength(),
        vision,
        embedder == null ? 0 : embedder.config().imageSize(),
        embedder == null ? 0 : embedder.config().tokensPerTile(),
        kernels.description(),
        sizeBytes);
  }

  /**
   * Loads a LoRA adapter for sessions of this model. It is freed with the model.
   *
   * @param path a GGUF file as {@code convert_lora_to_gguf} of llama.cpp writes it
   * @return the adapter
   * @throws IOException when the file cannot be read
   * @throws ModelLoadException when it is no LoRA adapter or was made for another model
   * @throws IllegalStateException when the model is closed
   */
  public Adapter loadAdapter(Path path) throws IOException {
    enter();
    try {
      return openAdapter(path);
    } catch (GgufException e) {
      throw new ModelLoadException(String.valueOf(e.getMessage()), e);
    } finally {
      exit();
    }
  }

  /** Loads an adapter for all sessions. */
  void addAdapter(Path path, double scale) throws IOException {
    adapters.add(new ScaledAdapter(openAdapter(path).lora(), (float) scale));
  }

  private Adapter openAdapter(Path path) throws IOException {
    GgufFile adapterFile = GgufFile.open(path);
    boolean loaded = false;
    try {
      Adapter adapter = new Adapter(this, path, decoder.loadAdapter(adapterFile));
      resources.add(adapterFile::close);
      loaded = true;
      return adapter;
    } finally {
      if (!loaded) {
        adapterFile.close();
      }
    }
  }

  /** The adapters of a session: the model's and its own. */
  List<ScaledAdapter> adaptersOf(SessionOptions sessionOptions) {
    List<ScaledAdapter> all = new ArrayList<>(adapters);
    for (Map.Entry<Adapter, Double> entry : sessionOptions.adapters().entrySet()) {
      if (!entry.getKey().model().equals(this)) {
        throw new IllegalArgumentException(
            "adapter " + entry.getKey().path() + " was loaded for another model");
      }
      all.add(new ScaledAdapter(entry.getKey().lora(), entry.getValue().floatValue()));
    }
    return all;
  }

  /**
   * Opens a conversation with default settings.
   *
   * @return the session, to be closed by the caller
   * @throws IllegalStateException when the model is closed
   */
  public Session newSession() {
    return newSession(SessionOptions.defaults());
  }

  /**
   * Opens a conversation.
   *
   * @param sessionOptions settings
   * @return the session, to be closed by the caller
   * @throws IllegalStateException when the model is closed
   */
  public Session newSession(SessionOptions sessionOptions) {
    enter();
    try {
      return new Session(this, sessionOptions);
    } finally {
      exit();
    }
  }

  /**
   * Passes an image through the vision tower, for use in several questions: sessions and batches of
   * this model take the result like any image, and only evaluate it. It holds the embeddings on the
   * heap, {@link ModelInfo#tokensPerTile} rows a tile: 0.9 MB a tile of a 1B model, 3.7 MB of 8B.
   * Images of a video are to be encoded with {@link Image#withMaxTiles} of 1.
   *
   * {@snippet class="io.internvl.snippets.Snippets" region="encode"}
   *
   * @param image an image with its settings, which cannot be changed any more
   * @return the encoded image; the same one when it is encoded already
   * @throws ImageReadException when the image cannot be read
   * @throws InternVlException when the model has no vision file, or another model encoded the image
   * @throws IllegalStateException when the model is closed
   */
  public Image encode(Image image) {
    enter();
    try {
      return new TurnBuilder(this).encoded(image);
    } finally {
      exit();
    }
  }

  /**
   * Answers independent questions, each in a conversation of its own.
   *
   * <p>Up to 16 answers are produced together: the weights are read once for a token of each, so
   * that a batch takes much less time than its questions one after the other. Each of these
   * conversations has a KV cache of its own, which starts with 512 positions; activations are
   * shared. An answer does not depend on the other questions but for rounding: sums of several
   * tokens are computed in another order than those of one, which can turn a choice between tokens
   * of almost equal probability. The same batch always gets the same answers; where answers are
   * drawn, the question with index i draws with the seed plus i. An {@link Image} that several
   * questions have is embedded once (up to four at a time; {@link #encode} for more).
   *
   * {@snippet class="io.internvl.snippets.Snippets" region="batch"}
   *
   * @param messages user messages, with or without images
   * @param sessionOptions settings of every conversation
   * @return the answers in the order of the questions; in {@link Timings#decode} what passed while
   *     an answer was being produced, together with others
   * @throws IllegalStateException when the model is closed
   * @throws InternVlException when a question cannot be evaluated; the others are given up, unlike
   *     with a {@link BatchListener}
   */
  public List<Reply> chatBatch(List<Message> messages, SessionOptions sessionOptions) {
    Reply[] replies = new Reply[messages.size()];
    chatBatch(messages, sessionOptions, (question, reply) -> replies[question] = reply);
    return List.of(replies);
  }

  /**
   * Answers independent questions like {@link #chatBatch(List, SessionOptions)}, and tells a
   * listener of each answer, and of its text, as soon as they are there. Returns when the last one
   * has ended. A question that cannot be evaluated does not stop the others if the listener says
   * so.
   *
   * {@snippet class="io.internvl.snippets.Snippets" region="batch-listener"}
   *
   * @param messages user messages, with or without images
   * @param sessionOptions settings of every conversation
   * @param listener hears of texts, answers and failures, on this thread
   * @throws IllegalStateException when the model is closed
   * @throws InternVlException when a question cannot be evaluated and the listener does not take it
   */
  public void chatBatch(
      List<Message> messages, SessionOptions sessionOptions, BatchListener listener) {
    GenerationOptions same = sessionOptions.generation();
    List<GenerationOptions> generations =
        IntStream.range(0, messages.size())
            .mapToObj(i -> same.toBuilder().seed(same.seed() + i).build())
            .toList();
    chatBatch(messages, generations, sessionOptions, listener);
  }

  /**
   * Answers independent questions like {@link #chatBatch(List, SessionOptions, BatchListener)},
   * each with settings of its own: other limits, or the same question with several seeds.
   *
   * @param messages user messages, with or without images
   * @param generations how each answer is produced, as many as messages
   * @param sessionOptions settings of every conversation but for {@link SessionOptions#generation}
   * @param listener hears of texts, answers and failures, on this thread
   * @throws IllegalArgumentException when there are more or fewer settings than messages
   * @throws IllegalStateException when the model is closed
   * @throws InternVlException when a question cannot be evaluated and the listener does not take it
   */
  public void chatBatch(
      List<Message> messages,
      List<GenerationOptions> generations,
      SessionOptions sessionOptions,
      BatchListener listener) {
    Objects.requireNonNull(listener, "listener");
    if (messages.isEmpty() && generations.isEmpty()) {
      return;
    }
    try (BatchChat batch = new BatchChat(this, messages, generations, sessionOptions, listener)) {
      batch.run();
    }
  }

  /**
   * Says what was loaded.
   *
   * @return sizes and names
   */
  public ModelInfo info() {
    return info;
  }

  /**
   * Waits for running calls, then frees everything. Idempotent.
   *
   * @throws IllegalStateException when called from a {@link ProgressListener} of this model, which
   *     would wait for itself
   */
  @Override
  public void close() {
    if (lifecycle.getReadHoldCount() > 0) {
      throw new IllegalStateException("the model " + info.name() + " is at work on this thread");
    }
    lifecycle.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        resources.close();
      }
    } finally {
      lifecycle.writeLock().unlock();
    }
  }

  /** Begins a stretch of work during which the model stays open. */
  void enter() {
    lifecycle.readLock().lock();
    if (closed) {
      lifecycle.readLock().unlock();
      throw new IllegalStateException("the model " + info.name() + " is closed");
    }
  }

  /** Ends what {@link #enter} began. */
  void exit() {
    lifecycle.readLock().unlock();
  }

  int contextLength() {
    int trained = decoder.config().contextLength();
    return options.contextLength() == 0 ? trained : options.contextLength();
  }

  /** Tokens of one forward pass of a prompt. */
  int prefillChunk() {
    return Math.min(PREFILL_CHUNK, contextLength());
  }

  KvLayer.Format kvCacheFormat() {
    return options.kvCacheType() == KvCacheType.F16 ? KvLayer.Format.F16 : KvLayer.Format.F32;
  }

  ModelOptions options() {
    return options;
  }

  Decoder decoder() {
    return decoder;
  }

  Tokenizer tokenizer() {
    return tokenizer;
  }

  ChatTemplate template() {
    return template;
  }

  ImageEmbedder embedder() {
    if (embedder == null) {
      throw new InternVlException(
          info.name()
              + " was loaded without a vision file and cannot read images; put the model's mmproj"
              + " GGUF beside it or name it with ModelOptions.mmproj");
    }
    return embedder;
  }
}
