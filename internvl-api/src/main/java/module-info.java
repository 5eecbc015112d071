/** InternVL vision-language models inside a Java process. */
@org.jspecify.annotations.NullMarked
module io.internvl {
  requires io.internvl.vision;
  requires transitive java.desktop;
  requires static org.jspecify;

  exports io.internvl;
}
