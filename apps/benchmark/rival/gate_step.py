"""One gate step of GRASPrune in plain PyTorch, as a fair and careful user would write it.

The backbone is frozen, attention is scaled_dot_product_attention, and only gates have gradients. PyTorch's GPU is used
if there is one. A scale step is the same pass, with gradients of kept units only. See contestant.py for arguments and
protocol.
"""

import glob
import json

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from contestant import DEVICE, arguments, read, read_tokens, serve


class GatedDecoder:
    def __init__(self, folder, dtype):
        with open(f"{folder}/config.json") as file:
            self.config = json.load(file)
        weights = {}
        for shard in sorted(glob.glob(f"{folder}/*.safetensors")):
            weights.update({name: tensor.to(DEVICE, dtype) for name, tensor in load_file(shard).items()})
        self.weights = weights
        c = self.config
        self.head_size = c.get("head_dim") or c["hidden_size"] // c["num_attention_heads"]
        self.heads, self.groups = c["num_attention_heads"], c["num_key_value_heads"]

    def norm(self, x, name):
        y = x.float()
        y = y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + self.config["rms_norm_eps"])
        return y.to(x.dtype) * self.weights[name]

    def linear(self, x, name):
        return F.linear(x, self.weights[f"{name}.weight"], self.weights.get(f"{name}.bias"))

    def loss(self, tokens, gates):
        c, h = self.config, self.head_size
        rows, length = tokens.shape
        theta = c.get("rope_theta", 10000.0)
        frequencies = theta ** (-torch.arange(0, h, 2, dtype=torch.float32, device=DEVICE) / h)
        angles = torch.arange(length, dtype=torch.float32, device=DEVICE)[:, None] * torch.cat([frequencies, frequencies])
        dtype = self.weights["model.norm.weight"].dtype
        cos, sin = angles.cos().to(dtype), angles.sin().to(dtype)

        def heads(x, count):
            return x.view(rows, length, count, h).transpose(1, 2)

        def rotate(x):
            first, second = x.chunk(2, -1)
            return x * cos + torch.cat([-second, first], -1) * sin

        x = self.weights["model.embed_tokens.weight"][tokens]
        for layer, (ffn, kv) in enumerate(gates):
            name = f"model.layers.{layer}"
            a = self.norm(x, f"{name}.input_layernorm.weight")
            z = kv.to(dtype)[:, None, None]
            query = rotate(heads(self.linear(a, f"{name}.self_attn.q_proj"), self.heads))
            key = rotate(heads(self.linear(a, f"{name}.self_attn.k_proj"), self.groups)) * z
            value = heads(self.linear(a, f"{name}.self_attn.v_proj"), self.groups) * z
            grouped = self.heads != self.groups
            mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=grouped)
            x = x + self.linear(mixed.transpose(1, 2).reshape(rows, length, -1), f"{name}.self_attn.o_proj")
            b = self.norm(x, f"{name}.post_attention_layernorm.weight")
            hidden = F.silu(self.linear(b, f"{name}.mlp.gate_proj")) * self.linear(b, f"{name}.mlp.up_proj")
            x = x + self.linear(hidden * ffn.to(dtype), f"{name}.mlp.down_proj")
        head = self.weights.get("lm_head.weight", self.weights["model.embed_tokens.weight"])
        logits = F.linear(self.norm(x, "model.norm.weight"), head)
        return F.cross_entropy(logits[:, :-1].flatten(0, 1).float(), tokens[:, 1:].flatten())


def main():
    options = arguments()
    model = GatedDecoder(options.model, getattr(torch, options.dtype))
    tokens, values = read_tokens(options), read(options.gates, torch.float32)
    widths = (model.config["intermediate_size"], model.groups)
    flat = [gate.clone().requires_grad_(True) for gate in values.split(widths * model.config["num_hidden_layers"])]
    gates = list(zip(flat[0::2], flat[1::2]))
    loss_of = torch.compile(model.loss) if options.compile else model.loss

    def forget_gradients(_step):
        for gate in flat:
            gate.grad = None

    def run():
        loss = loss_of(tokens, gates)
        loss.backward()
        return loss.item()

    def gradients_of(step):
        gradients = torch.cat([gate.grad for gate in flat])
        return gradients * (values != 0) if step == "scales" else gradients

    serve(options, f"PyTorch {torch.__version__}", run, forget_gradients, gradients_of)


if __name__ == "__main__":
    main()
