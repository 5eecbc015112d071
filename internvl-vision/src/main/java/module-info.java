/** Images to embeddings; internal to InternVL for Java. */
@org.jspecify.annotations.NullMarked
@SuppressWarnings("module") // the friend modules are compiled later
module io.internvl.vision {
  requires transitive io.internvl.core;
  requires java.desktop;
  requires jdk.incubator.vector;
  requires static org.jspecify;

  exports io.internvl.vision to
      io.internvl;
  exports io.internvl.vision.image to
      io.internvl;
  exports io.internvl.vision.projector to
      io.internvl;
  exports io.internvl.vision.vit to
      io.internvl;
}
