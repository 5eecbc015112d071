package io.internvl.core.quant;

import static io.internvl.core.quant.MatrixRole.ATTN_K;
import static io.internvl.core.quant.MatrixRole.ATTN_OUTPUT;
import static io.internvl.core.quant.MatrixRole.ATTN_Q;
import static io.internvl.core.quant.MatrixRole.ATTN_QKV;
import static io.internvl.core.quant.MatrixRole.ATTN_V;
import static io.internvl.core.quant.MatrixRole.FFN_DOWN;
import static io.internvl.core.quant.MatrixRole.FFN_GATE;
import static io.internvl.core.quant.MatrixRole.FFN_UP;
import static io.internvl.core.quant.MatrixRole.OUTPUT;
import static io.internvl.core.quant.MatrixRole.TOKEN_EMBD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.internvl.gguf.TensorType;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TypeMixTest {
  private static final int LAYERS = 48;
  private static final int WIDE = 5120;
  private static final int NARROW = 896;

  @ParameterizedTest
  @CsvSource({
    "BF16, BF16, BF16, BF16, BF16, BF16, BF16",
    "Q4_1, Q4_1, Q6_K, Q4_1, Q4_1, Q4_1, Q4_1",
    "Q2_K, Q2_K, Q6_K, Q4_K, Q3_K, Q3_K, Q2_K",
    "Q2_K_L, Q8_0, Q8_0, Q4_K, Q3_K, Q3_K, Q2_K",
    "Q3_K_S, Q3_K, Q6_K, Q3_K, Q3_K, Q3_K, Q3_K",
    "Q3_K_M, Q3_K, Q6_K, Q4_K, Q4_K, Q4_K, Q3_K",
    "Q4_K_S, Q4_K, Q6_K, Q4_K, Q4_K, Q4_K, Q4_K",
    "Q4_K_M, Q4_K, Q6_K, Q4_K, Q4_K, Q4_K, Q4_K",
    "Q5_K_S, Q5_K, Q6_K, Q5_K, Q5_K, Q5_K, Q5_K",
    "Q5_K_M, Q5_K, Q6_K, Q5_K, Q5_K, Q5_K, Q5_K",
    "Q6_K, Q6_K, Q6_K, Q6_K, Q6_K, Q6_K, Q6_K",
    "Q8_0, Q8_0, Q8_0, Q8_0, Q8_0, Q8_0, Q8_0",
    "IQ4_NL, IQ4_NL, Q6_K, Q5_K, IQ4_NL, IQ4_NL, IQ4_NL",
    "IQ4_XS, IQ4_XS, Q6_K, Q5_K, IQ4_XS, IQ4_XS, IQ4_XS",
    "IQ1_S, Q2_K, Q5_K, Q4_K, IQ2_XXS, IQ1_S, IQ1_S",
    "IQ1_M, Q2_K, Q5_K, Q4_K, IQ2_XXS, IQ1_M, IQ1_M",
    "IQ2_XXS, Q2_K, Q5_K, Q4_K, IQ2_XXS, IQ2_XXS, IQ2_XXS",
    "IQ2_M, IQ3_S, Q5_K, Q4_K, IQ3_S, IQ2_S, IQ2_S",
    "IQ3_XXS, IQ3_S, Q5_K, Q4_K, IQ3_S, IQ3_XXS, IQ2_S"
  })
  void choosesTypesOfAnInnerLayer(
      String mix,
      TensorType embedding,
      TensorType output,
      TensorType value,
      TensorType attentionOutput,
      TensorType down,
      TensorType query) {
    TypeMix types = TypeMix.of(mix);
    assertThat(types.typeOf(TOKEN_EMBD, 0, LAYERS, WIDE)).isEqualTo(embedding);
    assertThat(types.typeOf(OUTPUT, 0, LAYERS, WIDE)).isEqualTo(output);
    assertThat(types.typeOf(ATTN_V, 6, LAYERS, WIDE)).isEqualTo(value);
    assertThat(types.typeOf(ATTN_OUTPUT, 6, LAYERS, WIDE)).isEqualTo(attentionOutput);
    assertThat(types.typeOf(FFN_DOWN, 6, LAYERS, WIDE)).isEqualTo(down);
    assertThat(types.typeOf(ATTN_Q, 6, LAYERS, WIDE)).isEqualTo(query);
    assertThat(types.typeOf(ATTN_K, 6, LAYERS, WIDE)).isEqualTo(query);
  }

  @Test
  void givesMoreBitsToHalfOfTheLayers() {
    TypeMix mix = TypeMix.of("Q4_K_M");
    List<Integer> layers =
        IntStream.range(0, LAYERS)
            .filter(layer -> mix.typeOf(FFN_DOWN, layer, LAYERS, WIDE) == TensorType.Q6_K)
            .boxed()
            .toList();
    assertThat(layers)
        .containsExactly(
            0, 1, 2, 3, 4, 5, 8, 11, 14, 17, 20, 23, 26, 29, 32, 35, 38, 41, 42, 43, 44, 45, 46,
            47);
  }

  @Test
  void givesMoreBitsToTheFirstLayers() {
    assertThat(TypeMix.of("Q3_K_M").typeOf(ATTN_V, 1, LAYERS, WIDE)).isEqualTo(TensorType.Q5_K);
    assertThat(TypeMix.of("Q3_K_M").typeOf(FFN_DOWN, 2, LAYERS, WIDE)).isEqualTo(TensorType.Q5_K);
    assertThat(TypeMix.of("Q4_K_S").typeOf(ATTN_V, 3, LAYERS, WIDE)).isEqualTo(TensorType.Q5_K);
    assertThat(TypeMix.of("IQ1_S").typeOf(FFN_DOWN, 5, LAYERS, WIDE)).isEqualTo(TensorType.Q2_K);
    assertThat(TypeMix.of("IQ2_M").typeOf(FFN_DOWN, 5, LAYERS, WIDE)).isEqualTo(TensorType.IQ3_S);
    assertThat(TypeMix.of("Q4_0").typeOf(FFN_DOWN, 5, LAYERS, WIDE)).isEqualTo(TensorType.Q4_1);
  }

  @ParameterizedTest
  @CsvSource({
    "Q4_K_M, Q5_0, Q8_0, Q6_K",
    "Q5_K_M, Q5_1, Q8_0, Q6_K",
    "Q2_K, Q4_0, Q8_0, Q3_K",
    "IQ2_XXS, IQ4_NL, Q5_1, Q2_K",
    "IQ4_XS, IQ4_NL, Q8_0, IQ4_XS",
    "Q8_0, Q8_0, Q8_0, Q8_0"
  })
  void fallsBackToSmallBlocksInNarrowModels(
      String mix, TensorType gate, TensorType output, TensorType firstDown) {
    TypeMix types = TypeMix.of(mix);
    assertThat(types.typeOf(FFN_GATE, 0, 24, NARROW)).isEqualTo(gate);
    assertThat(types.typeOf(FFN_UP, 0, 24, NARROW)).isEqualTo(gate);
    assertThat(types.typeOf(OUTPUT, 0, 24, NARROW)).isEqualTo(output);
    assertThat(types.typeOf(FFN_DOWN, 0, 24, 4864)).isEqualTo(firstDown);
  }

  @Test
  void givesTheLargestModelBetterValues() {
    assertThat(TypeMix.of("Q4_K_M").typeOf(ATTN_V, 40, 80, 8192)).isEqualTo(TensorType.Q5_K);
    assertThat(TypeMix.of("Q4_K_M").typeOf(FFN_DOWN, 40, 80, 8192)).isEqualTo(TensorType.Q4_K);
  }

  @Test
  void usesOneTypeEverywhereWhenPure() {
    TypeMix mix = TypeMix.of("pure-IQ3_S");
    for (MatrixRole role : MatrixRole.values()) {
      assertThat(mix.typeOf(role, 0, LAYERS, WIDE)).isEqualTo(TensorType.IQ3_S);
    }
  }

  @Test
  void takesTheNearestMixForDynamicNames() {
    assertThat(TypeMix.of("UD-IQ2_XXS").name()).isEqualTo("IQ2_XXS");
    assertThat(TypeMix.of("ud-q4_k_xl").name()).isEqualTo("Q4_K_M");
    assertThat(TypeMix.of("UD-Q8_K_XL").name()).isEqualTo("Q8_0");
  }

  @Test
  void namesTheKnownMixesWhenAskedForAnother() {
    assertThatThrownBy(() -> TypeMix.of("Q7_K"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Q7_K")
        .hasMessageContaining("Q4_K_M");
  }

  @Test
  void uniformMixesGiveTheOutputMatrixAtLeastSixBits() {
    assertThat(TypeMix.uniform(TensorType.Q4_K).typeOf(FFN_DOWN, 0, LAYERS, WIDE))
        .isEqualTo(TensorType.Q4_K);
    assertThat(TypeMix.uniform(TensorType.Q4_K).typeOf(OUTPUT, 0, LAYERS, WIDE))
        .isEqualTo(TensorType.Q6_K);
    assertThat(TypeMix.uniform(TensorType.Q8_0).typeOf(OUTPUT, 0, LAYERS, WIDE))
        .isEqualTo(TensorType.Q8_0);
    assertThat(TypeMix.uniform(TensorType.Q5_K).typeOf(OUTPUT, 0, LAYERS, NARROW))
        .isEqualTo(TensorType.Q8_0);
  }

  @Test
  void fusedProjectionsGetMoreBitsInMediumMixes() {
    assertThat(TypeMix.of("Q4_K_M").typeOf(ATTN_QKV, 5, 32, 3072)).isEqualTo(TensorType.Q5_K);
    assertThat(TypeMix.of("Q4_K_S").typeOf(ATTN_QKV, 5, 32, 3072)).isEqualTo(TensorType.Q4_K);
  }

  @Test
  void knowsWhichMixesCanBeWritten() {
    assertThat(TypeMix.of("Q4_K_M").encodable()).isTrue();
    assertThat(TypeMix.of("IQ4_NL").encodable()).isFalse();
    assertThat(TypeMix.of("Q2_K").encodable()).isFalse();
  }

  @Test
  void recognisesMatricesByName() {
    assertThat(MatrixRole.of("blk.17.ffn_down.weight")).contains(FFN_DOWN);
    assertThat(MatrixRole.of("blk.17.ffn_down_exps.weight")).contains(FFN_DOWN);
    assertThat(MatrixRole.of("token_embd.weight")).contains(TOKEN_EMBD);
    assertThat(MatrixRole.layerOf("blk.17.ffn_down.weight")).isEqualTo(17);
    for (MatrixRole role : MatrixRole.values()) {
      assertThat(MatrixRole.of(role.tensorName(3))).contains(role);
    }
    for (String other :
        List.of(
            "blk.0.attn_q.bias",
            "blk.0.attn_norm.weight",
            "blk.0.ffn_gate_inp.weight",
            "blk.0.output.weight",
            "attn_q.weight",
            "v.blk.0.attn_q.weight",
            "output_norm.weight")) {
      assertThat(MatrixRole.of(other)).as(other).isEmpty();
    }
  }
}
