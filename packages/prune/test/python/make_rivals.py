"""Scores and masks of other pruning methods on a small random llama, by PyTorch's autograd in float64.

    python make_rivals.py          writes the folder ../rivals: the model, and expected.json
    python make_rivals.py --check  compares what is there with what this interpreter computes

Formulas are those of the papers, written down here without the package's code. Units are listed by layer and kind.
"""

import json
import sys
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM

FOLDER = Path(__file__).parent.parent / "rivals"
LAYERS, HEADS, GROUPS, HEAD_DIM, CHANNELS, VOCABULARY = 2, 16, 8, 8, 160, 61
WIDTH = HEADS // GROUPS * HEAD_DIM  # columns of o_proj that a KV group has
OBS_KEEP = {"ffn": 80, "kv": 4}


def make_model():
    torch.manual_seed(7)
    config = LlamaConfig(
        hidden_size=32,
        intermediate_size=CHANNELS,
        num_attention_heads=HEADS,
        num_key_value_heads=GROUPS,
        head_dim=HEAD_DIM,
        num_hidden_layers=LAYERS,
        vocab_size=VOCABULARY,
        max_position_embeddings=64,
        tie_word_embeddings=True,
    )
    model = LlamaForCausalLM(config)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, 1.0 if parameter.dim() == 1 else 0.0, 0.3 if parameter.dim() == 1 else 0.15)
    return model


class Run:
    """Forward passes that record inputs and outputs of the output matrices, under gates."""

    def __init__(self, model):
        self.model = model
        self.gates = {}
        self.inputs, self.outputs, self.stream = {}, {}, {}
        for i, layer in enumerate(model.model.layers):
            attention, mlp = layer.self_attn, layer.mlp
            attention.k_proj.register_forward_hook(lambda _m, _x, y, i=i: self.gated(y, i, "kv"))
            attention.v_proj.register_forward_hook(lambda _m, _x, y, i=i: self.gated(y, i, "kv"))
            mlp.down_proj.register_forward_pre_hook(lambda _m, x, i=i: (self.gated(x[0], i, "ffn"),))
            for kind, matrix in (("kv", attention.o_proj), ("ffn", mlp.down_proj)):
                matrix.register_forward_hook(lambda _m, x, y, i=i, kind=kind: self.record(x[0], y, i, kind))
            layer.register_forward_hook(lambda _m, x, y, i=i: self.layer(x[0], y, i))

    def gated(self, x, layer, kind):
        gate = self.gates.get((layer, kind))
        return x if gate is None else x * gate.repeat_interleave(x.shape[-1] // gate.numel())

    def record(self, x, y, layer, kind):
        self.inputs[layer, kind] = x.detach()[0]
        self.outputs[layer, kind] = y
        if y.requires_grad:
            y.retain_grad()

    def layer(self, x, y, layer):
        y = y[0] if isinstance(y, tuple) else y
        self.stream[layer] = x.detach()[0], y.detach()[0]

    def loss(self, ids):
        return self.model(ids[None], labels=ids[None], use_cache=False).loss


def matrices(model, layer, kind):
    """The unit's matrices with the axis on which it lies and the entries per unit."""
    block = model.model.layers[layer]
    if kind == "ffn":
        return [(block.mlp.gate_proj, 0, 1), (block.mlp.up_proj, 0, 1), (block.mlp.down_proj, 1, 1)]
    a = block.self_attn
    return [(a.q_proj, 0, WIDTH), (a.k_proj, 0, HEAD_DIM), (a.v_proj, 0, HEAD_DIM), (a.o_proj, 1, WIDTH)]


def per_unit(values, width):
    return values.reshape(-1, width).sum(1)


def flap(metric, kind, width):
    """Standard scores of the columns of a layer, and their mean over a head's; the authors' code squares those of attention."""
    metric = metric**2 if kind == "kv" else metric
    return per_unit((metric - metric.mean()) / metric.std(), width) / width


def obs(weight, inputs, outputs, width, keep):
    """One unit after the other would be exact; 48 columns at a time are what is compared."""
    n = weight.shape[1]
    h = inputs + 0.01 * inputs.diagonal().mean() * torch.eye(n)
    inverse = torch.linalg.inv(h)
    weight = weight.clone()
    kept = list(range(n // width))
    while len(kept) > keep:
        costs = []
        for unit in kept:
            s = slice(unit * width, (unit + 1) * width)
            costs.append((0.5 * torch.trace(torch.linalg.inv(inverse[s, s]) @ weight[:, s].T @ outputs @ weight[:, s])).item())
        order = sorted(range(len(kept)), key=costs.__getitem__)
        gone = [kept[i] for i in order[: min(len(kept) - keep, max(1, 48 // width))]]
        kept = [unit for unit in kept if unit not in gone]
        columns = torch.tensor([unit * width + i for unit in gone for i in range(width)])
        takeover = torch.linalg.inv(inverse[columns][:, columns]) @ inverse[columns]
        weight = weight - weight[:, columns] @ takeover
        inverse = inverse - inverse[:, columns] @ takeover
    return [1 if unit in kept else 0 for unit in range(n // width)]


def compute(model):
    model = model.double()
    run = Run(model)
    generator = torch.Generator().manual_seed(11)
    texts = [torch.randint(0, VOCABULARY, (24,), generator=generator) for _ in range(4)]
    blocks = [(layer, kind) for layer in range(LAYERS) for kind in ("ffn", "kv")]
    counts = {"ffn": CHANNELS, "kv": GROUPS}
    hidden = {block: [] for block in blocks}
    stream = {layer: [] for layer in range(LAYERS)}
    squares = {block: torch.zeros(counts[block[1]]) for block in blocks}
    moments = {block: 0 for block in blocks}
    element = {block: torch.zeros(counts[block[1]]) for block in blocks}
    signed = {}
    for ids in texts:
        run.gates = {block: torch.ones(counts[block[1]], requires_grad=True) for block in blocks}
        model.zero_grad()
        run.loss(ids).backward()
        for layer in range(LAYERS):
            stream[layer].append(run.stream[layer])
        for block in blocks:
            hidden[block].append(run.inputs[block])
            squares[block] += run.gates[block].grad ** 2
            gradient = run.outputs[block].grad[0]
            moments[block] = moments[block] + gradient.T @ gradient
            for m, (matrix, axis, width) in enumerate(matrices(model, *block)):
                product = (matrix.weight * matrix.weight.grad).detach()
                lines = product.sum(1 - axis)
                signed[block, m] = signed.get((block, m), 0) + lines
                element[block] += per_unit(product.abs().sum(1 - axis), width)
    result = {"ids": [ids.tolist() for ids in texts], "units": [], "outliers": []}
    for layer, kind in blocks:
        block = layer, kind
        x = torch.cat(hidden[block])
        weight = matrices(model, *block)[-1][0].weight.detach()
        width = 1 if kind == "ffn" else WIDTH
        spread = x.var(0, unbiased=False)
        vector = sum(per_unit(signed[block, m].abs(), width) for m, (_, _, width) in enumerate(matrices(model, *block)))
        before, after = (torch.cat(part) for part in zip(*stream[layer]))
        squared = sum(per_unit((m.weight.detach() ** 2).sum(1 - axis), w) for m, axis, w in matrices(model, *block))
        identity = torch.eye(weight.shape[0])
        result["units"].append(
            {
                "layer": layer,
                "kind": kind,
                "magnitude": squared.tolist(),
                "wanda-sp": per_unit(weight.abs().sum(0) * x.norm(dim=0), width).tolist(),
                "flap": flap(spread * (weight**2).sum(0), kind, width).tolist(),
                "fisher": (squares[block] / len(texts) / 2).tolist(),
                "vector": (vector / len(texts)).tolist(),
                "element": (element[block] / len(texts)).tolist(),
                "shortgpt": [1 - torch.cosine_similarity(before, after).mean().item()] * counts[kind],
                "obs by output": obs(weight, x.T @ x, identity, width, OBS_KEEP[kind]),
                "obs by loss": obs(weight, x.T @ x, moments[block], width, OBS_KEEP[kind]),
            }
        )
    for layer in range(LAYERS):
        entries = torch.cat(
            [
                (matrices(model, layer, kind)[-1][0].weight.detach().abs() * torch.cat(hidden[layer, kind]).norm(dim=0)).flatten()
                for kind in ("ffn", "kv")
            ]
        )
        result["outliers"].append((entries > 5 * entries.mean()).double().mean().item())
    return result


def differences(found, expected, path=""):
    if isinstance(expected, dict):
        return [d for key in expected for d in differences(found[key], expected[key], f"{path}/{key}")]
    if isinstance(expected, list):
        return [d for i, value in enumerate(expected) for d in differences(found[i], value, f"{path}/{i}")]
    close = found == expected or abs(found - expected) <= 1e-6 * max(1e-3, abs(expected))
    return [] if close else [f"{path}: {found}, expected {expected}"]


if __name__ == "__main__":
    torch.set_default_dtype(torch.float32)
    if "--check" in sys.argv:
        torch.set_default_dtype(torch.float64)
        model = LlamaForCausalLM.from_pretrained(FOLDER, dtype=torch.float64)
        wrong = differences(compute(model), json.loads((FOLDER / "expected.json").read_text()))
        sys.exit("\n".join(wrong[:20]) or 0)
    made = make_model()
    made.save_pretrained(FOLDER)
    (FOLDER / "generation_config.json").unlink(missing_ok=True)
    torch.set_default_dtype(torch.float64)
    expected = compute(LlamaForCausalLM.from_pretrained(FOLDER, dtype=torch.float64))
    short = json.loads(json.dumps(expected), parse_float=lambda text: float(f"{float(text):.7g}"))
    (FOLDER / "expected.json").write_text(json.dumps(short, separators=(",", ":")) + "\n")
