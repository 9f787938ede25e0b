"""Loads pruned folders with transformers and compares them with the numbers beside them.

    python check_transformers.py FOLDER...

Each folder has expected.json: a text (empty without a tokenizer), its token ids, this project's logits and greedy continuation
(`cached` and `generated` say whether those of transformers are the same with cached keys), and the first version of transformers
that reads the folder. Prints one JSON object per folder; errors end the process.
"""

import importlib.util
import json
import sys
import tempfile
from pathlib import Path

import torch
import transformers
from transformers import AutoModelForCausalLM

torch.set_num_threads(2)


def logits_of(model, ids):
    with torch.no_grad():
        return model(ids).logits[0]


def cached_logits(model, ids):
    """The same logits, token by token through the KV cache. Its argument is called `cache` from 5.24 on."""
    steps, cache = [], None
    name = None
    for position in range(ids.shape[1]):
        arguments = {} if cache is None else {name: cache}
        with torch.no_grad():
            out = model(ids[:, position : position + 1], use_cache=True, **arguments)
        name = "cache" if "cache" in out and out.get("cache") is not None else "past_key_values"
        cache = out[name]
        steps.append(out.logits[0, -1])
    return torch.stack(steps)


def peft_difference(model, ids):
    """A LoRA adapter that is new changes nothing; one gradient step through it changes something."""
    from peft import LoraConfig, get_peft_model

    plain = logits_of(model, ids)
    tuned = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", r=2, target_modules=["q_proj", "down_proj"]))
    fresh = (logits_of(tuned, ids) - plain).abs().max().item()
    tuned.train()
    tuned(ids, labels=ids).loss.backward()
    gradients = [p.grad for p in tuned.parameters() if p.requires_grad]
    assert gradients and any(g is not None and g.abs().max() > 0 for g in gradients)
    return fresh


def lm_eval_difference(folder, text, plain, ids, remote):
    """Log-likelihood of the second half of a text after the first, by lm_eval and from the logits."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    half = len(text) // 2
    harness = HFLM(pretrained=str(folder), device="cpu", batch_size=1, dtype="float32", **remote)
    request = Instance("loglikelihood", {}, (text[:half], text[half:]), 0)
    ((total, _),) = harness.loglikelihood([request], disable_tqdm=True)
    steps = plain.log_softmax(-1)[:-1].gather(-1, ids[0, 1:, None])[:, 0]
    return abs(total - steps[half - 1 :].sum().item())


def check(folder):
    expected = json.loads((folder / "expected.json").read_text())
    ids = torch.tensor([expected["ids"]])
    ours = torch.tensor(expected["logits"]).reshape(ids.shape[1], -1)
    config = json.loads((folder / "config.json").read_text())
    remote = {"trust_remote_code": True} if "auto_map" in config else {}
    result = {"folder": folder.name, "transformers": transformers.__version__, "class": None}
    if int(transformers.__version__.split(".")[0]) < expected["since"]:
        return {**result, "skipped": True}

    # torch's own attention has no soft caps: with it transformers 5 refuses Gemma 2, and 4 leaves them out. Hence config.json
    # says which attention is the default.
    capped = config.get("base_model_type", config["model_type"]) == "gemma2"
    for attention in ("default", "eager") if capped else ("sdpa", "eager"):
        chosen = {} if attention == "default" else {"attn_implementation": attention}
        model, info = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, output_loading_info=True, **chosen, **remote
        )
        model.eval()
        assert not info["missing_keys"] and not info["unexpected_keys"], info
        result[attention] = (logits_of(model, ids) - ours).abs().max().item()
        if expected["cached"]:
            result[f"{attention}_cached"] = (cached_logits(model, ids) - ours).abs().max().item()
    result["class"] = type(model).__name__
    plain = logits_of(model, ids)

    model.generation_config.eos_token_id = None  # the made-up models have no token that ends a text
    count = len(expected["continuation"])
    tokens = model.generate(
        ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=count, pad_token_id=0
    )
    if expected["generated"]:
        result["continuation_equal"] = tokens[0, ids.shape[1] :].tolist() == expected["continuation"]

    padded = torch.cat([torch.zeros(1, 2, dtype=ids.dtype), ids], 1)
    mask = torch.cat([torch.zeros_like(padded[:, :2]), torch.ones_like(ids)], 1)
    tokens = model.generate(
        padded, attention_mask=mask, do_sample=False, num_beams=2, max_new_tokens=4, pad_token_id=0
    )
    assert tokens.shape[1] == padded.shape[1] + 4

    with tempfile.TemporaryDirectory() as again:
        model.save_pretrained(again)
        assert bool(list(Path(again).glob("modeling_*.py"))) == bool(remote)
        options = {"dtype": torch.float32, "attn_implementation": "eager", **remote}
        reloaded = AutoModelForCausalLM.from_pretrained(again, **options).eval()
        result["reloaded"] = (logits_of(reloaded, ids) - plain).abs().max().item()
    if expected["text"] and importlib.util.find_spec("lm_eval"):
        result["lm_eval"] = lm_eval_difference(folder, expected["text"], plain, ids, remote)
    result["peft"] = peft_difference(model, ids)
    return result


for argument in sys.argv[1:]:
    print(json.dumps(check(Path(argument))), flush=True)
