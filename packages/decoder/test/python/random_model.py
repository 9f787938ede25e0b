"""Random weights and gates for the models of make_architectures.py."""

import re

import torch


def text_config(config):
    return getattr(config, "text_config", config)


def randomise(model, seed):
    """Random weights that bfloat16 holds exactly: logits of O(1) to O(10), no norm, bias or q/k norm trivial."""
    generator = torch.Generator().manual_seed(seed)
    config = text_config(model.config)
    gemma = config.model_type.startswith("gemma")
    tied = model.get_output_embeddings().weight is model.get_input_embeddings().weight
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        width = parameter.shape[-1]
        if name.endswith("bias"):
            value = 0.4 * noise
        elif "norm" in name:
            value = (0 if gemma else 1) + 0.3 * noise
        elif name.endswith("embed_tokens.weight"):
            value = noise * (1.2 / width**0.5 if gemma else 2 / width**0.5 if tied else 1)
        elif name.endswith("lm_head.weight"):
            value = noise * 2.5 / width**0.5
        elif re.search(r"(q|k|qkv)_proj", name):
            value = noise * 1.3 / width**0.5
        else:
            value = noise * 1.1 / width**0.5
        with torch.no_grad():
            parameter.copy_(value.to(torch.bfloat16).float())


class Gates:
    """Multiplies FFN channels and KV groups of a model by a vector, as this project's gates do."""

    def __init__(self, model):
        config = text_config(model.config)
        layers = [
            (name, module)
            for name, module in model.named_modules()
            if re.search(r"(^|\.)layers\.\d+$", name) and "vision" not in name
        ]
        first = layers[0][1].self_attn
        norm = getattr(first, "k_norm", None)
        head_dim, self.kv_heads = first.head_dim, config.num_key_value_heads
        heads = config.num_attention_heads
        self.group_gate = "key-value" if norm is None else "value" if norm.weight.numel() == head_dim else "none"
        self.shape = (self.kv_heads, head_dim)
        self.values = None
        self.blocks = []
        start = 0
        for index, (_, layer) in enumerate(layers):
            channels = layer.mlp.down_proj.in_features
            self.blocks.append((index, "ffn", start, channels))
            layer.mlp.down_proj.register_forward_pre_hook(self.channel_hook(start, channels))
            start += channels
            if self.group_gate == "none":
                continue
            self.blocks.append((index, "kv", start, self.kv_heads))
            attention = layer.self_attn
            width = self.kv_heads * head_dim
            if hasattr(attention, "qkv_proj"):
                attention.qkv_proj.register_forward_hook(self.group_hook(start, heads * head_dim, width * 2))
            else:
                attention.v_proj.register_forward_hook(self.group_hook(start, 0, width))
                if self.group_gate == "key-value":
                    attention.k_proj.register_forward_hook(self.group_hook(start, 0, width))
            start += self.kv_heads
        self.size = start

    def channel_hook(self, start, count):
        return lambda _, inputs: (inputs[0] * self.values[start : start + count],)

    def group_hook(self, start, offset, width):
        """Multiplies the heads in output[offset : offset + width]; in a fused output these are keys, then values."""

        def hook(_, __, output):
            part = output[..., offset : offset + width]
            scale = self.values[start : start + self.kv_heads].repeat_interleave(self.shape[1])
            return torch.cat(
                [output[..., :offset], part * scale.repeat(width // scale.numel()), output[..., offset + width :]], -1
            )

        return hook

    def runs(self, generator):
        """[R, units]: all ones; scattered zeros; the attention of layer 0 and the FFN of the last layer gone."""
        choices = torch.tensor([0.0, 0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5])
        scattered, emptied = (choices[torch.randint(len(choices), (self.size,), generator=generator)] for _ in range(2))
        last = self.blocks[-1][0]
        for layer, kind, start, count in self.blocks:
            if kind == "kv":
                scattered[start] = 0.75
                if count > 1:
                    scattered[start + 1] = 0 if layer == 0 else 1.25
                emptied[start : start + count] = 0 if layer == 0 else 0.5
            elif layer == last:
                emptied[start : start + count] = 0
        return torch.stack([torch.ones(self.size), scattered, emptied])
