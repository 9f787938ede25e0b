"""Makes small random models of every decoder architecture, with the numbers that transformers computes for them.

    python make_architectures.py [--only PREFIX]      writes the folders of this interpreter's transformers
    python make_architectures.py --check              compares all folders with this interpreter's transformers

The folders are in ../architectures; `*_variants.py` list them. A variant is made with transformers 4, or with 5 if only
that has it. Run both, 4 first: under 5, the folders made with 4 get a second config.json, config.transformers-5.json,
as 5 writes it.

Each folder has
- config.json, as `save_pretrained` writes it ("sparse" variants: without the keys that have their default),
- model.safetensors, bfloat16; everything is computed in float32, with eager attention,
- expected.safetensors with
    ids        [B, T]        int32
    gates      [R, units]    one row per run: all ones, scattered zeros, one attention and one FFN gone
    logits     [R, B, T, V]
    loss       [R]           mean cross-entropy of the next tokens
    gradients  [R, units]    d loss / d gates
    prompt, continuation     int32: greedy generation with the KV cache
  and in its metadata the versions, and `group_gate`: what the gate of a KV group multiplies.

Units are ordered by layer: its FFN channels (the gate multiplies the input of down_proj), then its KV groups (the gate
multiplies values, and keys unless single heads are normalised; models that normalise all heads together have none).
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import llama_variants  # noqa: F401  fills VARIANTS
import norm_variants  # noqa: F401
import torch
import transformers
from architecture_variants import KNOWN_DIFFERENCES, NOT_READ, VARIANTS
from random_model import Gates, randomise, text_config
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

transformers.logging.set_verbosity_error()
torch.set_num_threads(1)

ROOT = Path(__file__).resolve().parent.parent / "architectures"
MAJOR = int(transformers.__version__.split(".")[0])
ROWS, LENGTH, PROMPT, GENERATED = 2, 13, 6, 12
MARGIN = 1e-3
TOLERANCE = 2e-4
NEWER_CONFIG = "config.transformers-5.json"


def configure(spec):
    """The config of a variant. Nested ones are given as {"text_config": {...}}."""
    fields = dict(spec["config"])
    config = CONFIG_MAPPING[spec["model_type"]](**fields)
    config._attn_implementation = "eager"
    return config


def next_token_loss(logits, ids):
    return torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())


def continuation(model, prompt):
    """Greedy tokens by `generate` (None where the cache matters), and the smallest margin of the best logit."""
    model.generation_config.eos_token_id = None
    model.generation_config.pad_token_id = 0
    ids = prompt[None]
    out = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=GENERATED)
    margin = float("inf")
    with torch.no_grad():
        for end in range(len(prompt), out.shape[1]):
            best = model(out[:, :end], use_cache=False).logits[0, -1].topk(2)
            margin = min(margin, (best.values[0] - best.values[1]).item())
            if best.indices[0] != out[0, end]:
                return None, margin
    return out[0, len(prompt) :], margin


def compute(model, spec, seed):
    """The tensors and metadata of expected.safetensors, or None if the greedy tokens are too close a call."""
    generator = torch.Generator().manual_seed(seed + 1)
    gates = Gates(model)
    vocabulary = text_config(model.config).vocab_size
    ids = torch.randint(3, vocabulary, (ROWS, LENGTH), generator=generator)
    runs = gates.runs(generator)
    logits, losses, gradients = [], [], []
    for row in runs:
        gates.values = row.clone().requires_grad_()
        out = model(ids, use_cache=False).logits.float()
        loss = next_token_loss(out, ids)
        (gradient,) = torch.autograd.grad(loss, gates.values)
        logits.append(out.detach())
        losses.append(loss.detach())
        gradients.append(gradient)
    tensors = {
        "ids": ids.int(),
        "gates": runs,
        "logits": torch.stack(logits),
        "loss": torch.stack(losses),
        "gradients": torch.stack(gradients),
    }
    gates.values = torch.ones(gates.size)
    if spec.get("generate", True):
        prompt = ids[0, :PROMPT]
        tokens, margin = continuation(model, prompt)
        if tokens is None or margin < MARGIN or len(set(tokens.tolist())) < 3:
            return None
        tensors |= {"prompt": prompt.int(), "continuation": tokens.int()}
    metadata = {
        "transformers": transformers.__version__,
        "torch": torch.__version__,
        "group_gate": gates.group_gate,
        "format": "pt",
    }
    return tensors, metadata


def write_config(folder, spec):
    """Removes what the variant says is left out of config.json."""
    path = folder / "config.json"
    raw = json.loads(path.read_text())
    inner = raw.get("text_config", raw)
    if spec.get("sparse"):
        defaults = CONFIG_MAPPING[inner["model_type"]]().to_dict()
        for key in list(inner):
            if key not in ("model_type", "architectures", "dtype") and key in defaults and defaults[key] == inner[key]:
                del inner[key]
    for key in spec.get("drop", ()):
        del inner[key]
    for key, value in spec.get("set", {}).items():
        inner[key] = value
    raw.pop("transformers_version", None)
    path.write_text(json.dumps(raw, indent=2, sort_keys=True) + "\n")


def load(folder):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    return model.eval()


def make(name, spec):
    folder = ROOT / name
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    for seed in range(100):
        model = AutoModelForCausalLM.from_config(configure(spec), attn_implementation="eager").float().eval()
        randomise(model, seed)
        found = compute(model, spec, seed)
        if found:
            break
    else:
        sys.exit(f"{name}: no seed gives greedy tokens by a margin of {MARGIN}")
    tensors, metadata = found
    model.to(torch.bfloat16).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    write_config(folder, spec)
    save_file(tensors, folder / "expected.safetensors", metadata)
    worst = differences(folder, "config.json")
    assert worst < 1e-5, f"{name}: the folder gives other logits, by {worst}"
    spread = tensors["logits"].std().item()
    print(f"{name}: seed {seed}, logits ±{spread:.2f}, loss {tensors['loss'].tolist()}, {metadata['group_gate']}")


def differences(folder, config_name):
    """Largest difference of the logits that this transformers computes from the expected ones of the first run."""
    with safe_open(folder / "expected.safetensors", "pt") as expected:
        ids, logits = expected.get_tensor("ids").long(), expected.get_tensor("logits")[0]
    with tempfile.TemporaryDirectory() as copy:
        shutil.copy(folder / config_name, Path(copy) / "config.json")
        shutil.copy(folder / "model.safetensors", copy)
        with torch.no_grad():
            return (load(copy)(ids, use_cache=False).logits - logits).abs().max().item()


def write_newer_config(folder):
    """config.json as transformers 5 writes it after it has read the one of 4."""
    with tempfile.TemporaryDirectory() as copy:
        AutoConfig.from_pretrained(folder).save_pretrained(copy)
        raw = json.loads((Path(copy) / "config.json").read_text())
        raw.pop("transformers_version", None)
        (folder / NEWER_CONFIG).write_text(json.dumps(raw, indent=2, sort_keys=True) + "\n")


def check(only):
    failures = 0
    for folder in sorted(f for f in ROOT.iterdir() if f.name.startswith(tuple(only.split(",")))):
        for config_name in ("config.json", NEWER_CONFIG):
            if not (folder / config_name).exists():
                continue
            try:
                worst = differences(folder, config_name)
            except Exception as error:  # noqa: BLE001  a version may refuse a config of the other
                worst = f"{type(error).__name__}: {str(error)[:160]}"
            known = None
            if MAJOR == 4 and config_name == NEWER_CONFIG:
                known = NOT_READ
            elif VARIANTS[folder.name]["made_with"] != MAJOR:
                known = KNOWN_DIFFERENCES.get(folder.name)
            equal = isinstance(worst, float) and worst < TOLERANCE
            failures += not equal and known is None
            print(
                json.dumps(
                    {
                        "folder": folder.name,
                        "config": config_name,
                        "transformers": transformers.__version__,
                        "difference": worst,
                        **({} if equal or known is None else {"known": known}),
                    }
                ),
                flush=True,
            )
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--only", default="", help="variants whose name begins so; several with commas")
    options = parser.parse_args()
    if options.check:
        sys.exit(1 if check(options.only) else 0)
    for name, spec in VARIANTS.items():
        if not name.startswith(tuple(options.only.split(","))):
            continue
        if spec.get("made_with", 4) == MAJOR:
            make(name, spec)
        elif MAJOR == 5:
            write_newer_config(ROOT / name)


if __name__ == "__main__":
    main()
