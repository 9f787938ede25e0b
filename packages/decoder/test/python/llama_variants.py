"""Variants of the architectures that are LLaMA but for biases, factors, windows and positions."""

from architecture_variants import (
    DERIVED,
    FULL,
    LINEAR,
    LLAMA3,
    LONG8,
    MIXED,
    MIXED2,
    NOT_READ,
    SHORT8,
    SIZES,
    TIED,
    WIDE,
    YARN,
    variant,
)

variant("llama-plain", rms_norm_eps=1e-5, sparse=True)
variant("llama-biases", attention_bias=True, mlp_bias=True, hidden_act="gelu", natural=True, **TIED)
variant("llama-linear", rope_scaling=LINEAR, hidden_act="gelu_pytorch_tanh")
variant(
    "llama-dynamic",
    rope_scaling={"type": "dynamic", "factor": 3.0},
    generate=False,
    **SIZES | {"max_position_embeddings": 8},
)
variant("llama-dynamic-short", rope_scaling={"type": "dynamic", "factor": 3.0})
variant("llama-yarn", rope_scaling=YARN, **WIDE)
variant(
    "llama-yarn-mscale",
    rope_scaling=YARN | {"mscale": 0.7, "mscale_all_dim": 1.3, "beta_fast": 8.0, "beta_slow": 0.5},
    **WIDE,
)
variant("llama-yarn-factor", rope_scaling=YARN | {"attention_factor": 1.2, "truncate": False}, **WIDE)
variant(
    "llama-longrope",
    rope_scaling={"rope_type": "longrope", "short_factor": SHORT8, "long_factor": LONG8},
    original_max_position_embeddings=8,
    generate=False,
)
LONGROPE = {"rope_type": "longrope", "short_factor": SHORT8, "long_factor": LONG8}
variant(
    "llama-longrope-inside",
    made_with=5,
    rope_parameters=LONGROPE | {"original_max_position_embeddings": 8, "factor": 3.0, "rope_theta": 1e4},
    generate=False,
    known=NOT_READ,
)
variant("llama-llama3", rope_scaling=LLAMA3, **WIDE)

variant("mistral-window", sliding_window=5, **TIED)
# Under a window of one the cache of transformers keeps all keys, and generation goes wrong.
variant("mistral-window-one", sliding_window=1, generate=False)
variant("mistral-full", sliding_window=None, hidden_act="gelu", natural=True)

variant("qwen2-plain", rope_theta=1e6, **TIED)
variant(
    "qwen2-window", use_sliding_window=True, sliding_window=5, max_window_layers=1, num_hidden_layers=3, drop=DERIVED
)
variant("qwen2-layer-types", use_sliding_window=True, sliding_window=5, layer_types=MIXED, rope_scaling=YARN, **WIDE)

variant("qwen3-plain", rope_theta=1e6, sparse=True)
variant(
    "qwen3-window",
    attention_bias=True,
    use_sliding_window=True,
    sliding_window=5,
    max_window_layers=1,
    drop=DERIVED,
    **TIED,
)
variant("qwen3-layer-types", use_sliding_window=True, sliding_window=5, layer_types=MIXED)

MULTIPLIERS = {
    "embedding_multiplier": 3.0,
    "attention_multiplier": 0.3,
    "residual_multiplier": 0.7,
    "logits_scaling": 0.6,
}
variant("granite-multipliers", **MULTIPLIERS)
variant(
    "granite-biases",
    attention_bias=True,
    mlp_bias=True,
    natural=True,
    rope_scaling=LINEAR,
    **TIED | MULTIPLIERS | {"embedding_multiplier": 0.5},
)
variant("granite-defaults", sparse=True)

variant("smollm3-plain", num_hidden_layers=4, sparse=True, **TIED)
variant(
    "smollm3-no-rope", num_hidden_layers=3, no_rope_layers=[0, 1, 1], attention_bias=True, mlp_bias=True, natural=True
)
variant(
    "smollm3-window",
    num_hidden_layers=4,
    no_rope_layer_interval=2,
    use_sliding_window=True,
    sliding_window=5,
    drop=["layer_types", "no_rope_layers"],
    **TIED,
)
variant(
    "smollm3-layer-types",
    num_hidden_layers=2,
    no_rope_layers=[1, 0],
    use_sliding_window=True,
    sliding_window=5,
    layer_types=MIXED,
    rope_scaling=YARN,
    **WIDE,
)

variant("smollm3-long-list", no_rope_layers=[0, 1, 0, 1], hidden_act="gelu_fast", **TIED)

variant("ministral-window", sliding_window=5, drop=DERIVED, **TIED)
variant("ministral-layer-types", sliding_window=5, layer_types=MIXED2, num_hidden_layers=2, natural=True)
variant("ministral-full", sliding_window=5, layer_types=[FULL, FULL], hidden_act="gelu")

NO_CLASS = "transformers 4 has no ministral3"
L4 = {
    "rope_type": "yarn",
    "rope_theta": 100.0,
    "factor": 8.0,
    "original_max_position_embeddings": 4,
    "max_position_embeddings": 32,
    "beta_fast": 32.0,
    "beta_slow": 1.0,
    "mscale": 1.0,
    "mscale_all_dim": 1.0,
    "llama_4_scaling_beta": 0.4,
}
variant("ministral3-plain", made_with=5, known=NO_CLASS, rope_parameters=L4)
variant(
    "ministral3-window",
    made_with=5,
    known=NO_CLASS,
    sliding_window=5,
    rope_parameters=L4 | {"mscale_all_dim": 0.5},
    natural=True,
    **TIED,
)
variant("ministral3-defaults", made_with=5, known=NO_CLASS, sparse=True, **SIZES | {"max_position_embeddings": 262144})

variant("seed_oss-plain", sparse=True)
variant("seed_oss-biases", attention_out_bias=True, mlp_bias=True, rope_scaling=LINEAR)
variant("seed_oss-no-biases", attention_bias=False, natural=True, **TIED)

variant("arcee-plain", sparse=True)
variant("arcee-biases", attention_bias=True, mlp_bias=True, natural=True, **TIED)
variant("arcee-silu", hidden_act="silu", rope_scaling=YARN, **WIDE)
