package io.internvl;

import io.internvl.core.chat.ChatTemplate;
import io.internvl.core.chat.PromptEncoder;
import io.internvl.core.chat.PromptPart;
import io.internvl.core.decoder.Decoder;
import io.internvl.core.kernel.KernelOptions;
import io.internvl.core.kernel.KernelProvider;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.nn.Requantiser;
import io.internvl.core.nn.WeightPacker;
import io.internvl.core.quant.TypeMix;
import io.internvl.core.tokenizer.Tokenizer;
import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.TensorType;
import io.internvl.vision.ImageEmbedder;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Opens the files of a model and puts its parts together. */
final class ModelLoader {
  private ModelLoader() {}

  /** Loads a model; what was opened for one that fails is closed again. */
  static Model load(Path path, ModelOptions options) throws IOException {
    Resources resources = new Resources();
    boolean loaded = false;
    try {
      Model model = load(path, options, resources);
      loaded = true;
      return model;
    } catch (GgufException e) {
      throw new ModelLoadException(String.valueOf(e.getMessage()), e);
    } finally {
      if (!loaded) {
        resources.close();
      }
    }
  }

  private static Model load(Path path, ModelOptions options, Resources resources)
      throws IOException {
    Optional<Path> vision = options.mmproj();
    if (vision.isEmpty() && !options.textOnly()) {
      vision = VisionFiles.beside(path);
    }
    int files = vision.isPresent() ? 2 : 1;
    List<GgufFile> opened = new ArrayList<>();
    GgufFile file = GgufFile.open(path);
    resources.add(file::close);
    opened.add(file);
    Arena arena = Arena.ofShared();
    resources.add(arena::close);
    Kernels kernels = kernels(options);
    resources.add(kernels::close);
    Requantiser requantiser =
        options.weights() == WeightType.STORED
            ? null
            : new Requantiser(file, mix(options.weights()), arena);
    WeightPacker packer =
        options.packWeights()
            ? new WeightPacker(file, kernels, arena, options.packedFile().orElse(null))
            : null;
    Decoder decoder = naming(path, () -> Decoder.load(file, arena, kernels, requantiser, packer));
    options.progress().update(ProgressListener.Stage.LOAD, 1, files);
    ImageEmbedder embedder = null;
    long sizeBytes = file.sizeBytes();
    if (vision.isPresent()) {
      GgufFile visionFile = GgufFile.open(vision.get());
      resources.add(visionFile::close);
      opened.add(visionFile);
      embedder = naming(visionFile.path(), () -> ImageEmbedder.load(visionFile, arena, kernels));
      resources.add(embedder::close);
      checkFit(path, decoder, vision.get(), embedder);
      sizeBytes += visionFile.sizeBytes();
      options.progress().update(ProgressListener.Stage.LOAD, 2, files);
    }
    if (requantiser != null) {
      requantiser.run(
          kernels.workers(),
          (done, all) -> options.progress().update(ProgressListener.Stage.QUANTISE, done, all));
    }
    if (packer != null) {
      packer.run((done, all) -> options.progress().update(ProgressListener.Stage.PACK, done, all));
    }
    Model model = new Model(options, resources, file, kernels, decoder, embedder, sizeBytes);
    for (Map.Entry<Path, Double> entry : options.adapters().entrySet()) {
      model.addAdapter(entry.getKey(), entry.getValue());
    }
    if (options.prefault()) {
      resources.add(Prefault.start(opened, packer, options.progress())::close);
    }
    return model;
  }

  /** Puts the file's name before the message of an error that does not have it. */
  static <T> T naming(Path path, Supplier<T> step) {
    try {
      return step.get();
    } catch (GgufException e) {
      String message = String.valueOf(e.getMessage());
      throw new ModelLoadException(
          message.startsWith(path + ": ") ? message : path + ": " + message, e);
    }
  }

  private static TypeMix mix(WeightType weights) {
    return TypeMix.uniform(TensorType.valueOf(weights.name()));
  }

  private static void checkFit(
      Path path, Decoder decoder, Path visionPath, ImageEmbedder embedder) {
    int produced = embedder.config().projectionSize();
    int expected = decoder.config().hiddenSize();
    if (produced != expected) {
      throw new ModelLoadException(
          visionPath
              + ": makes embeddings of size "
              + produced
              + ", but "
              + path
              + " has the hidden size "
              + expected
              + "; name the model's own vision file with ModelOptions.mmproj");
    }
  }

  /** Refuses a tokenizer that has tokens the model has no embedding for. */
  static void checkTokens(Path path, Tokenizer tokenizer, Decoder decoder) {
    int rows = decoder.config().vocabularySize();
    if (tokenizer.vocabularySize() > rows) {
      throw new ModelLoadException(
          path
              + ": key 'tokenizer.ggml.tokens' has "
              + tokenizer.vocabularySize()
              + " elements, but the model has embeddings for "
              + rows
              + "; tokenizer and weights are of different models");
    }
  }

  /** Encodes a short conversation, which fails when a token of the chat format is missing. */
  static void checkFormat(
      Path path, ChatTemplate template, Tokenizer tokenizer, boolean withImages) {
    List<PromptPart> content = new ArrayList<>();
    if (withImages) {
      content.add(new PromptPart.ImageSlot(0));
    }
    List<PromptPart> parts = new ArrayList<>(template.system(""));
    parts.addAll(template.user(content));
    parts.addAll(template.endOfAnswer());
    naming(path, () -> new PromptEncoder(tokenizer).encode(parts, index -> 1));
  }

  private static Kernels kernels(ModelOptions options) {
    KernelOptions defaults = KernelOptions.defaults();
    KernelOptions chosen =
        new KernelOptions(
            options.threads() == 0 ? defaults.threads() : options.threads(),
            options.precision() == Precision.EXACT
                ? io.internvl.core.kernel.Precision.EXACT
                : io.internvl.core.kernel.Precision.FAST);
    return options.scalarKernels()
        ? KernelProvider.createScalar(chosen)
        : KernelProvider.create(chosen);
  }
}
