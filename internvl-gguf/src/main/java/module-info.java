/** Reading and writing GGUF model files. */
@org.jspecify.annotations.NullMarked
module io.internvl.gguf {
  requires static org.jspecify;

  exports io.internvl.gguf;
}
