package io.internvl.examples;

import io.internvl.ChatFormat;
import io.internvl.GenerationOptions;
import io.internvl.Image;
import io.internvl.InternVlException;
import io.internvl.Message;
import io.internvl.Model;
import io.internvl.ModelOptions;
import io.internvl.Reply;
import io.internvl.ReplyStream;
import io.internvl.Session;
import io.internvl.SessionOptions;
import io.internvl.SystemMessage;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.Reader;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Asks a model about images, once or in a conversation. Without {@code --model} the small model
 * inside the examples answers.
 */
@Command(
    name = "chat",
    mixinStandardHelpOptions = true,
    description = "Asks an InternVL model about images.")
public final class Chat implements Callable<Integer> {
  private static final String HELP =
      "Ask, /image FILE to add an image to the next question, /quit to end.";

  @Option(names = "--model", description = "GGUF file; default: the tiny model inside")
  private @Nullable Path model;

  @Option(names = "--mmproj", description = "vision GGUF file; default: the one beside the model")
  private @Nullable Path mmproj;

  @Option(names = "--image", description = "image file, repeatable")
  private List<Path> images = List.of();

  @Option(names = "--prompt", description = "question; default: describe the image")
  private @Nullable String prompt;

  @Option(names = "--system", description = "system message; default: the model's own")
  private @Nullable String system;

  @Option(names = "--thinking", description = "let InternVL3.5 reason first, on stderr")
  private boolean thinking;

  @Option(
      names = "--lora",
      paramLabel = "FILE=SCALE",
      description = "LoRA adapter in GGUF and its scale, repeatable")
  private Map<Path, Double> adapters = Map.of();

  @Option(names = "--format", description = "prompt format: ${COMPLETION-CANDIDATES}")
  private @Nullable ChatFormat format;

  @Option(names = "--max-tokens", description = "limit of an answer (default ${DEFAULT-VALUE})")
  private int maxTokens = 512;

  @Option(names = "--temperature", description = "0 is greedy (default ${DEFAULT-VALUE})")
  private double temperature;

  @Option(names = "--max-tiles", description = "limit of tiles for each image")
  private @Nullable Integer maxTiles;

  @Option(names = "--context", description = "positions of the session")
  private @Nullable Integer context;

  @Option(names = "--threads", description = "default: one per physical core")
  private @Nullable Integer threads;

  @Option(names = "--interactive", description = "go on asking; /image FILE adds an image")
  private boolean interactive;

  private final PrintWriter out;
  private final PrintWriter errors;
  private final BufferedReader in;

  Chat(PrintWriter out, PrintWriter errors, Reader in) {
    this.out = out;
    this.errors = errors;
    this.in = new BufferedReader(in);
  }

  /**
   * Runs the program.
   *
   * @param args see {@code --help}
   */
  public static void main(String[] args) {
    Charset charset = Charset.defaultCharset();
    Chat chat =
        new Chat(
            new PrintWriter(System.out, true, charset),
            new PrintWriter(System.err, true, charset),
            new InputStreamReader(System.in, charset));
    System.exit(new CommandLine(chat).execute(args));
  }

  @Override
  public Integer call() {
    try {
      run();
      return 0;
    } catch (NoSuchFileException e) {
      errors.println(e.getMessage() + ": no such file");
    } catch (IOException | InternVlException | IllegalArgumentException e) {
      errors.println(e.getMessage());
    }
    return 1;
  }

  private void run() throws IOException {
    if (model != null && prompt == null && images.isEmpty() && !interactive) {
      throw new IllegalArgumentException("nothing to ask: give --prompt, --image or --interactive");
    }
    if (thinking && system != null) {
      throw new IllegalArgumentException("--thinking is a system message itself: omit --system");
    }
    Path directory = null;
    try {
      if (model == null) {
        directory = Files.createTempDirectory("internvl-tiny");
        TinyModel.unpack(directory);
      }
      long start = System.nanoTime();
      try (Model loaded = Model.load(modelPath(directory), modelOptions());
          Session session = loaded.newSession(sessionOptions())) {
        out.printf(Locale.ROOT, "%s loaded in %.2f s%n", loaded.info(), secondsSince(start));
        if (!interactive || prompt != null || !images.isEmpty()) {
          ask(session, question(directory));
        }
        if (interactive) {
          converse(session);
        }
      }
    } finally {
      if (directory != null) {
        TinyModel.delete(directory);
      }
    }
  }

  private Path modelPath(@Nullable Path directory) {
    return directory == null ? Objects.requireNonNull(model) : TinyModel.modelIn(directory);
  }

  private ModelOptions modelOptions() {
    ModelOptions.Builder options = ModelOptions.builder().progress(new ProgressLine(out));
    if (mmproj != null) {
      options.mmproj(mmproj);
    }
    adapters.forEach(options::adapter);
    if (format != null) {
      options.chatFormat(format);
    }
    if (threads != null) {
      options.threads(threads);
    }
    if (context != null) {
      options.contextLength(context);
    }
    return options.build();
  }

  private SessionOptions sessionOptions() {
    SessionOptions.Builder options =
        SessionOptions.builder()
            .generation(
                GenerationOptions.builder().maxTokens(maxTokens).temperature(temperature).build());
    if (thinking) {
      options.systemMessage(SystemMessage.thinking());
    }
    if (system != null) {
      options.systemMessage(SystemMessage.of(system));
    }
    return options.build();
  }

  private Message question(@Nullable Path directory) {
    boolean bundled = directory != null && images.isEmpty();
    List<Path> files = bundled ? List.of(TinyModel.pictureIn(directory)) : images;
    String text = prompt != null ? prompt : TinyModel.QUESTION;
    if (prompt == null) {
      out.println("Question: " + text + (bundled ? " (" + TinyModel.PICTURE + ")" : ""));
    }
    return Message.user(text, files.stream().map(this::image).toArray(Image[]::new));
  }

  private Image image(Path file) {
    Image image = Image.of(file);
    return maxTiles != null ? image.withMaxTiles(maxTiles) : image;
  }

  private void ask(Session session, Message message) {
    try (ReplyStream stream = session.stream(message)) {
      stream.onReasoning(System.err::print).forEach(this::print);
      out.println();
      printTimings(stream.reply());
    }
  }

  private void print(String piece) {
    out.print(piece);
    out.flush();
  }

  private void printTimings(Reply reply) {
    out.printf(
        Locale.ROOT,
        "[%d prompt tokens, %d of them from images, %d reused | preprocess %.0f ms, vision %.0f ms,"
            + " prefill %.0f ms (%.0f tokens/s) | %d tokens in %.0f ms (%.1f tokens/s), %s]%n",
        reply.usage().promptTokens(),
        reply.usage().imageTokens(),
        reply.usage().cachedTokens(),
        reply.timings().preprocess().toNanos() / 1e6,
        reply.timings().vision().toNanos() / 1e6,
        reply.timings().prefill().toNanos() / 1e6,
        reply.prefillTokensPerSecond(),
        reply.usage().completionTokens(),
        reply.timings().decode().toNanos() / 1e6,
        reply.decodeTokensPerSecond(),
        reply.finishReason());
  }

  private void converse(Session session) throws IOException {
    List<Path> pending = new ArrayList<>();
    out.println(HELP);
    for (String line = nextLine(); line != null; line = nextLine()) {
      String text = line.strip();
      if (text.equals("/quit")) {
        return;
      } else if (text.startsWith("/image ")) {
        pending.add(Path.of(text.substring("/image ".length()).strip()));
      } else if (text.startsWith("/")) {
        out.println(HELP);
      } else if (!text.isEmpty()) {
        try {
          ask(session, Message.user(text, pending.stream().map(this::image).toArray(Image[]::new)));
        } catch (InternVlException | IllegalArgumentException e) {
          out.println(e.getMessage());
        }
        pending.clear();
      }
    }
  }

  private @Nullable String nextLine() throws IOException {
    out.print("> ");
    out.flush();
    return in.readLine();
  }

  private static double secondsSince(long start) {
    return (System.nanoTime() - start) / 1e9;
  }
}
