/** Name of an architecture's modelling file without its extension: the module in `auto_map`. */
export function modellingModule(modelType: string): string {
  return `modeling_pruned_${modelType}`;
}

/**
 * The Python file with which transformers builds a decoder whose layers differ in width from its own classes. It runs on
 * transformers 4.57 and 5: their differences (names of keyword arguments, place of the cache) stay inside those classes.
 *
 * @param modelType `llama`: the module of transformers that has the classes
 * @param name `Llama`: the prefix of their names
 */
export function modellingFile(modelType: string, name: string): string {
  return `"""${name} with layers of different widths, as a structured pruning by GRASP leaves them.

config.json lists under "layer_shapes" each layer's FFN channels, query heads and key/value heads. Every layer is
transformers' own, built from a copy of the config that has the layer's widths.
"""

import copy

import torch
from torch import nn
from transformers import ${name}Config, ${name}ForCausalLM, ${name}Model
from transformers.models.${modelType}.modeling_${modelType} import ${name}DecoderLayer


class Pruned${name}Config(${name}Config):
    model_type = "pruned_${modelType}"


class NoAttention(nn.Module):
    """Stands where all heads were removed: adds nothing.

    It still counts tokens in the cache, since the length of the context is read from the first layer's.
    """

    def __init__(self, layer_idx):
        super().__init__()
        self.layer_idx = layer_idx

    def forward(self, hidden_states, **kwargs):
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


def build_layer(config, layer_idx):
    shape = config.layer_shapes[layer_idx]
    own = copy.copy(config)
    for field, width in shape.items():
        if width > 0:
            setattr(own, field, width)
    layer = ${name}DecoderLayer(own, layer_idx)
    if shape["num_attention_heads"] > 0:
        layer.self_attn.config = config  # shared, so that set_attn_implementation reaches it
    else:
        layer.self_attn = NoAttention(layer_idx)
    if shape["intermediate_size"] == 0:
        layer.mlp = NoFeedForward()
    return layer


def build_layers(config):
    return nn.ModuleList(build_layer(config, layer_idx) for layer_idx in range(config.num_hidden_layers))


# Both are built dense and then given their layers: from_pretrained builds on the meta device, where that is free.


class Pruned${name}Model(${name}Model):
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
