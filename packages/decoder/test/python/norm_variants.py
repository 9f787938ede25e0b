"""Variants of the architectures with other norms, caps, fused matrices or partial rotary embedding."""

import copy

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
    WINDOW,
    YARN,
    variant,
)

CAPS = {"attn_logit_softcapping": 2.0, "final_logit_softcapping": 4.0}
variant("gemma2-plain", sliding_window=5, query_pre_attn_scalar=6, drop=DERIVED, num_hidden_layers=3, **TIED | CAPS)
variant("gemma2-defaults", sparse=True, **TIED)
variant(
    "gemma2-no-caps",
    sliding_window=5,
    layer_types=MIXED2,
    attention_bias=True,
    attn_logit_softcapping=None,
    final_logit_softcapping=None,
    query_pre_attn_scalar=10,
    hidden_activation="gelu",
)
variant(
    "gemma2-one-cap",
    sliding_window=5,
    attn_logit_softcapping=1.5,
    final_logit_softcapping=None,
    query_pre_attn_scalar=4,
    hidden_act="silu",
    **TIED,
)

GEMMA3 = {"sliding_window": 5, "query_pre_attn_scalar": 6, "rope_theta": 1000.0, "rope_local_base_freq": 50.0}
variant("gemma3_text-plain", num_hidden_layers=6, drop=DERIVED, **TIED | GEMMA3)
variant("gemma3_text-defaults", sparse=True, **TIED)
variant(
    "gemma3_text-linear",
    layer_types=MIXED,
    rope_scaling={"rope_type": "linear", "factor": 8.0},
    attention_bias=True,
    final_logit_softcapping=3.0,
    attn_logit_softcapping=1.0,
    **GEMMA3,
)
variant("gemma3_text-yarn", layer_types=MIXED2, rope_scaling=YARN, **TIED | GEMMA3 | WIDE)
variant("gemma3_text-pattern", num_hidden_layers=4, sliding_window_pattern=2, drop=DERIVED, **TIED | GEMMA3)

variant("gemma3_text-one-group", num_key_value_heads=1, layer_types=MIXED, **TIED | GEMMA3)
variant(
    "gemma3_text-local-scaling",
    made_with=5,
    sliding_window=5,
    query_pre_attn_scalar=6,
    layer_types=MIXED,
    rope_parameters={
        "full_attention": YARN | {"rope_theta": 100.0},
        "sliding_attention": LINEAR | {"rope_theta": 50.0},
    },
    known=NOT_READ,
    **{k: v for k, v in WIDE.items() if k != "rope_theta"} | TIED,
)
variant("gemma3-nested", nested=True, layer_types=MIXED, query_pre_attn_scalar=6, **TIED | WINDOW)

# Such a model leaves the cap of logits out.
variant("gemma3-capped", nested=True, final_logit_softcapping=1.0, query_pre_attn_scalar=6, **TIED | WINDOW)
# What the settings by layer type leave out stands beside them.
BESIDE = {"rope_theta": 70.0, "rope_local_base_freq": 20.0, "rope_parameters": {"sliding_attention": LINEAR}}
variant(
    "gemma3_text-beside",
    made_with=5,
    layer_types=MIXED,
    edit=BESIDE,
    known=NOT_READ,
    **TIED | WINDOW | copy.deepcopy(BESIDE),
)

PHI3 = {"natural": True, "rms_norm_eps": 1e-5}
LONGROPE = {"type": "longrope", "short_factor": SHORT8, "long_factor": LONG8}
variant("phi3-plain", sparse=True, **PHI3)
variant("phi3-window", sliding_window=5, partial_rotary_factor=0.5, **PHI3 | TIED)
variant("phi3-longrope-short", rope_scaling=LONGROPE, original_max_position_embeddings=24, **PHI3)
variant("phi3-longrope-long", rope_scaling=LONGROPE, original_max_position_embeddings=10, sliding_window=9, **PHI3)
variant(
    "phi3-longrope-partial",
    rope_scaling={"type": "su", "short_factor": SHORT8[:3], "long_factor": LONG8[:3]},
    partial_rotary_factor=0.75,
    original_max_position_embeddings=10,
    **PHI3 | TIED,
)

variant(
    "phi3-longrope-factors",
    made_with=5,
    rope_parameters={
        "rope_type": "longrope",
        "rope_theta": 1e4,
        "short_factor": SHORT8[:2],
        "long_factor": LONG8[:2],
        "factor": 3.0,
        "partial_rotary_factor": 0.5,
    },
    original_max_position_embeddings=10,
    known=NOT_READ,
    **PHI3,
)

variant("phi3-odd-rotary", partial_rotary_factor=0.4, hidden_act="relu", **PHI3 | TIED)

variant("ernie4_5-plain", sparse=True, **TIED)
variant("ernie4_5-biases", use_bias=True, rope_scaling=LINEAR, natural=True)

variant("glm4-plain", sparse=True)
variant("glm4-no-biases", attention_bias=False, natural=True, **TIED)
variant("glm4-whole-rotary", partial_rotary_factor=1.0, hidden_act="gelu", rope_scaling=LINEAR)

variant("glm4-odd-rotary", hidden_act="quick_gelu", rope_scaling=LINEAR, **SIZES | {"head_dim": 6})

variant("exaone4-plain", num_hidden_layers=4, sliding_window=5, drop=DERIVED)
variant("exaone4-full", sliding_window=None, layer_types=[FULL, FULL], natural=True, **TIED)
variant(
    "exaone4-layer-types",
    sliding_window=5,
    layer_types=MIXED2,
    rope_scaling=LLAMA3,
    edit={"sliding_window_pattern": "LG"},
    **WIDE,
)
variant("exaone4-defaults", sparse=True)

variant("olmo2-plain", sparse=True)
variant("olmo2-biases", attention_bias=True, natural=True, rope_scaling={"type": "linear", "factor": 2.0}, **TIED)
variant("olmo2-many-heads", **SIZES | {"num_key_value_heads": 4})

variant("olmo3-plain", num_hidden_layers=4, sliding_window=5, rope_theta=500000.0, drop=DERIVED)
variant(
    "olmo3-layer-types",
    sliding_window=5,
    layer_types=MIXED2,
    attention_bias=True,
    natural=True,
    rope_theta=500000.0,
    **TIED,
)
variant(
    "olmo3-yarn",
    sliding_window=5,
    layer_types=MIXED2,
    rope_scaling=YARN | {"attention_factor": 1.3},
    **WIDE | {"rope_theta": 500000.0},
)
variant("olmo3-defaults", made_with=5, sparse=True, known="rope_theta is 10000 by default in transformers 4")
