package io.internvl.core.tokenizer;

import io.internvl.gguf.GgufFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Vocabularies and golden cases of the test resources. */
final class TokenizerFixtures {
  private TokenizerFixtures() {}

  /** A text, its ids with special tokens parsed, and the text they decode to. */
  record Case(String text, int[] ids, String decoded) {}

  static List<Case> cases(String folder) throws IOException {
    List<Case> cases = new ArrayList<>();
    try (InputStream in = open(folder + "/cases.json")) {
      for (JsonNode node : JsonMapper.shared().readTree(in).get("cases")) {
        int[] ids = new int[node.get("ids").size()];
        for (int i = 0; i < ids.length; i++) {
          ids[i] = node.get("ids").get(i).asInt();
        }
        cases.add(new Case(node.get("text").asString(), ids, node.get("decoded").asString()));
      }
    }
    return cases;
  }

  static Tokenizer internVl3() throws IOException {
    try (InputStream in = new GZIPInputStream(open("tokenizer/internvl3-qwen2.5-vocab.gguf.gz"))) {
      return load(in);
    }
  }

  static Tokenizer sentencePiece() throws IOException {
    try (InputStream in = open("spm/spm-vocab.gguf")) {
      return load(in);
    }
  }

  private static Tokenizer load(InputStream in) throws IOException {
    Path path = Files.createTempFile("vocabulary", ".gguf");
    try {
      Files.copy(in, path, StandardCopyOption.REPLACE_EXISTING);
      try (GgufFile file = GgufFile.open(path)) {
        return Tokenizers.from(file.metadata());
      }
    } finally {
      Files.deleteIfExists(path);
    }
  }

  private static InputStream open(String name) throws IOException {
    InputStream in = TokenizerFixtures.class.getResourceAsStream("/" + name);
    if (in == null) {
      throw new FileNotFoundException(name);
    }
    return in;
  }
}
