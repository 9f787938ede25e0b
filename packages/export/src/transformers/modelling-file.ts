import type { Architecture } from '@grasp/decoder';

/** Name of an architecture's modelling file without its extension: the module in `auto_map`. */
export function modellingModule(modelType: string): string {
  return `modeling_pruned_${modelType}`;
}

/**
 * The Python file with which transformers builds a decoder whose layers differ in width from its own classes. It runs on
 * transformers 4.57 and 5: their differences (names of keyword arguments, place of the cache) stay inside those classes.
 */
export function modellingFile({ modelType, className, transformers }: Architecture): string {
  const name = className.replace(/ForCausalLM$/, '');
  const { module, config, model } = transformers ?? {
    module: modelType,
    config: `${name}Config`,
    model: `${name}Model`,
  };
  return `"""${name} with layers of different widths, as a structured pruning by GRASP leaves them.

config.json lists under "layer_shapes" each layer's FFN channels, query heads and key/value heads. Every layer is
transformers' own, built from a view of the config that has the layer's widths.
"""

import torch
from torch import nn
from transformers import ${config}, ${name}ForCausalLM, ${model}
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.models.${module}.modeling_${module} import ${name}DecoderLayer


class Pruned${name}Config(${config}):
    model_type = "pruned_${modelType}"
    allow_global_per_layer_attribute_access = True

    def __init__(self, layer_shapes=(), **kwargs):
        super().__init__(**kwargs)
        self.layer_shapes = list(layer_shapes)
        if hasattr(self, "per_layer_config"):  # since transformers 5.15; vLLM reads it
            self.per_layer_config = {layer: at_least_one(shape) for layer, shape in enumerate(self.layer_shapes)}


def at_least_one(shape):
    return {field: max(width, 1) for field, width in shape.items()}


class NoAttention(nn.Module):
    """Stands where all heads were removed: adds nothing.

    It still counts tokens in the cache, since the length of the context is read from the first layer's.
    """

    def __init__(self, config, layer_idx, removed):
        super().__init__()
        self.config = config
        self.layer_idx = layer_idx
        self.is_sliding = getattr(removed, "is_sliding", False)  # some layers choose positions by it

    def forward(self, hidden_states, **kwargs):
        if self.config._attn_implementation == "vllm":  # vLLM gives each layer a cache, and needs to see its use
            attend = ALL_ATTENTION_FUNCTIONS["vllm"]
            head = hidden_states.new_zeros(*hidden_states.shape[:-1], self.config.head_dim).unsqueeze(1)
            attend(self, head, head, head, None)
        for cache in (kwargs.get("past_key_values"), kwargs.get("cache")):
            if cache is not None:
                batch, tokens, _ = hidden_states.shape
                count = hidden_states.new_ones(batch, 1, tokens, 1)
                cache.update(count, count, self.layer_idx)
        return torch.zeros_like(hidden_states), None


class NoFeedForward(nn.Module):
    """Stands where all FFN channels were removed: adds nothing."""

    def forward(self, hidden_states):
        return torch.zeros_like(hidden_states)


class LayerConfig:
    """The config as one layer sees it: with its own widths. All else is read from the shared one, as it is then."""

    def __init__(self, config, widths):
        self.__dict__.update(widths, shared=config)

    def __getattr__(self, field):
        if field.startswith("__"):
            raise AttributeError(field)
        return getattr(self.__dict__["shared"], field)


def build_layer(config, layer_idx):
    shape = config.layer_shapes[layer_idx]
    layer = ${name}DecoderLayer(LayerConfig(config, at_least_one(shape)), layer_idx)
    if shape["num_attention_heads"] == 0:
        layer.self_attn = NoAttention(config, layer_idx, layer.self_attn)
    if shape["intermediate_size"] == 0:
        layer.mlp = NoFeedForward()
    return layer


def build_layers(config):
    return nn.ModuleList(build_layer(config, layer_idx) for layer_idx in range(config.num_hidden_layers))


# Both are built dense and then given their layers: from_pretrained builds on the meta device, where that is free.


class Pruned${name}Model(${model}):
    config_class = Pruned${name}Config

    def __init__(self, config):
        super().__init__(config)
        self.layers = build_layers(config)
        self.post_init()


class Pruned${name}ForCausalLM(${name}ForCausalLM):
    config_class = Pruned${name}Config

    def __init__(self, config):
        super().__init__(config)
        self.model.layers = build_layers(config)
        self.post_init()
`;
}
