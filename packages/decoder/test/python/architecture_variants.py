"""What the variants of make_architectures.py are made of. Together they use every option that changes numbers.

A variant: `config` for the config class; `made_with` (4 or 5); `drop` and `set`, edits of the config.json written;
`sparse`: without the keys that have the default; `generate`: False where cached keys and a new forward pass differ.
"""

SIZES = {
    "vocab_size": 40,
    "hidden_size": 16,
    "intermediate_size": 12,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 32,
    "tie_word_embeddings": False,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
# Hidden size over heads is the size of a head.
NATURAL = {"hidden_size": 32, "head_dim": None}
DERIVED_HEAD_DIM = {
    "llama",
    "mistral",
    "arcee",
    "granite",
    "smollm3",
    "phi3",
    "exaone4",
    "olmo2",
    "olmo3",
    "ministral3",
}
TIED = {"tie_word_embeddings": True}
SLIDING, FULL = "sliding_attention", "full_attention"
# Four frequencies say too little about scaling by frequency.
WIDE = {"head_dim": 16, "intermediate_size": 8, "max_position_embeddings": 256, "rope_theta": 100.0}
LINEAR = {"rope_type": "linear", "factor": 2.0}
WINDOW = {"sliding_window": 5}
USED_WINDOW = WINDOW | {"use_sliding_window": True}
DERIVED = ("layer_types",)
MIXED, MIXED2 = [SLIDING, FULL], [FULL, SLIDING]
SHORT8, LONG8 = [1.0, 1.1, 1.3, 1.6], [1.0, 1.5, 2.5, 4.0]
LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}

NOT_READ = "transformers 4 reads no rope_parameters"

VARIANTS = {}
KNOWN_DIFFERENCES = {}


# The smallest of images, which no test reads.
VISION = {
    "hidden_size": 8,
    "intermediate_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 1,
    "image_size": 8,
    "patch_size": 4,
}


def variant(
    name,
    model_type=None,
    *,
    made_with=4,
    generate=True,
    drop=(),
    edit=None,
    sparse=False,
    natural=False,
    nested=False,
    known=None,
    **fields,
):
    """Adds a variant. `nested`: as the text_config of a model of images; `known`: why the other version differs."""
    config = SIZES | (NATURAL if natural else {}) | fields
    model_type = model_type or name.split("-")[0]
    if config["head_dim"] is None and model_type in DERIVED_HEAD_DIM:
        del config["head_dim"]
    elif config["head_dim"] is None:
        config["head_dim"] = 8
    if nested:
        tied = {"tie_word_embeddings": config["tie_word_embeddings"]}
        config = {"text_config": config, "vision_config": VISION, "mm_tokens_per_image": 4, **tied}
    if known:
        KNOWN_DIFFERENCES[name] = known
    VARIANTS[name] = {
        "model_type": model_type,
        "made_with": made_with,
        "generate": generate,
        "drop": drop,
        "set": edit or {},
        "sparse": sparse,
        "config": config,
    }
