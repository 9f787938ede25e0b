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
    """LLaMA, Granite and Gemma 3: what differs is read from config.json."""

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
        self.gemma = c["model_type"].startswith("gemma3")
        self.scale = c.get("query_pre_attn_scalar", 0) ** -0.5 if self.gemma else c.get("attention_multiplier")
        self.residual = c.get("residual_multiplier", 1.0)

    def norm(self, x, name):
        y = x.float()
        y = y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + self.config["rms_norm_eps"])
        weight = self.weights[name]
        return y.to(x.dtype) * (1 + weight if self.gemma else weight)

    def linear(self, x, name):
        return F.linear(x, self.weights[f"{name}.weight"], self.weights.get(f"{name}.bias"))

    def table(self, length, theta, dtype):
        h = self.head_size
        frequencies = theta ** (-torch.arange(0, h, 2, dtype=torch.float32, device=DEVICE) / h)
        angles = torch.arange(length, dtype=torch.float32, device=DEVICE)[:, None] * torch.cat([frequencies, frequencies])
        return angles.cos().to(dtype), angles.sin().to(dtype)

    def spans(self, length, dtype):
        """The rotary table and the mask of each layer. No mask: causal attention."""
        c = self.config
        whole = self.table(length, c.get("rope_theta", 10000.0), dtype), None
        if not self.gemma:
            return [whole] * c["num_hidden_layers"]
        near, mask = self.table(length, c["rope_local_base_freq"], dtype), None
        if length > c["sliding_window"]:
            distance = torch.arange(length, device=DEVICE)[:, None] - torch.arange(length, device=DEVICE)
            mask = (distance >= 0) & (distance < c["sliding_window"])
        return [whole if kind == "full_attention" else (near, mask) for kind in c["layer_types"]]

    def attention(self, a, z, name, span):
        h, dtype = self.head_size, a.dtype
        rows, length, _ = a.shape
        (cos, sin), mask = span

        def heads(x, count):
            return x.view(rows, length, count, h).transpose(1, 2)

        def rotate(x):
            first, second = x.chunk(2, -1)
            return x * cos + torch.cat([-second, first], -1) * sin

        query_heads, groups = self.heads_of(name)
        query = heads(self.linear(a, f"{name}.q_proj"), query_heads)
        key = heads(self.linear(a, f"{name}.k_proj"), groups)
        value = heads(self.linear(a, f"{name}.v_proj"), groups)
        if self.gemma:
            query, key = self.norm(query, f"{name}.q_norm.weight"), self.norm(key, f"{name}.k_norm.weight")
        query, key = rotate(query), rotate(key)
        if z is not None:
            z = z.to(dtype)[:, None, None]
            key = key if self.gemma else key * z  # a norm would undo a scale on keys
            value = value * z
        mixed = F.scaled_dot_product_attention(
            query,
            key,
            value,
            attn_mask=mask,
            is_causal=mask is None,
            scale=self.scale,
            enable_gqa=query_heads != groups,
        )
        return self.linear(mixed.transpose(1, 2).reshape(rows, length, -1), f"{name}.o_proj")

    def feed_forward(self, b, z, name):
        gate = self.linear(b, f"{name}.gate_proj")
        gate = F.gelu(gate, approximate="tanh") if self.gemma else F.silu(gate)
        hidden = gate * self.linear(b, f"{name}.up_proj")
        return self.linear(hidden if z is None else hidden * z.to(b.dtype), f"{name}.down_proj")

    def heads_of(self, _name):
        """Query heads and KV heads of a layer."""
        return self.heads, self.groups

    def has(self, _name):
        """Whether a sublayer has units."""
        return True

    def logits(self, tokens, gates=None):
        """Logits `[rows, length, V]`, under gates of each layer's FFN and KV units if there are any."""
        c, dtype = self.config, self.weights["model.norm.weight"].dtype
        x = self.weights["model.embed_tokens.weight"][tokens]
        if self.gemma:
            x = x * torch.tensor(c["hidden_size"] ** 0.5, dtype=dtype)
        elif "embedding_multiplier" in c:
            x = x * c["embedding_multiplier"]

        def add(x, y, post):
            y = self.norm(y, post) if self.gemma else y
            return x + (y if self.residual == 1 else y * self.residual)

        gates = gates or [(None, None)] * c["num_hidden_layers"]
        for layer, ((ffn, kv), span) in enumerate(zip(gates, self.spans(tokens.shape[1], dtype))):
            name = f"model.layers.{layer}"
            before = "pre_feedforward_layernorm" if self.gemma else "post_attention_layernorm"
            if self.has(f"{name}.self_attn.o_proj"):
                a = self.norm(x, f"{name}.input_layernorm.weight")
                x = add(x, self.attention(a, kv, f"{name}.self_attn", span), f"{name}.post_attention_layernorm.weight")
            if self.has(f"{name}.mlp.down_proj"):
                b = self.norm(x, f"{name}.{before}.weight")
                x = add(x, self.feed_forward(b, ffn, f"{name}.mlp"), f"{name}.post_feedforward_layernorm.weight")
        head = self.weights.get("lm_head.weight", self.weights["model.embed_tokens.weight"])
        return F.linear(self.norm(x, "model.norm.weight"), head) / c.get("logits_scaling", 1.0)

    def loss(self, tokens, gates):
        return F.cross_entropy(self.logits(tokens, gates)[:, :-1].flatten(0, 1).float(), tokens[:, 1:].flatten())


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
