/** InternVL vision-language models inside a Java process. */
@org.jspecify.annotations.NullMarked
module io.internvl {
  requires io.internvl.vision;
  requires java.desktop;
  requires static org.jspecify;
}
