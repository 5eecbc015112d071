/** Language model, tokenizer and tensor kernels; internal to InternVL for Java. */
@org.jspecify.annotations.NullMarked
@SuppressWarnings("module") // the friend modules are compiled later
module io.internvl.core {
  requires transitive io.internvl.gguf;
  requires jdk.incubator.vector;
  requires static org.jspecify;

  exports io.internvl.core.kernel to
      io.internvl.vision,
      io.internvl;
  exports io.internvl.core.sampling to
      io.internvl.vision,
      io.internvl;
  exports io.internvl.core.quant to
      io.internvl.vision,
      io.internvl;
  exports io.internvl.core.decoder to
      io.internvl.vision,
      io.internvl;
  exports io.internvl.core.generation to
      io.internvl.vision,
      io.internvl;
  exports io.internvl.core.nn to
      io.internvl.vision,
      io.internvl;
  exports io.internvl.core.tokenizer to
      io.internvl.vision,
      io.internvl;
  exports io.internvl.core.chat to
      io.internvl.vision,
      io.internvl;
}
