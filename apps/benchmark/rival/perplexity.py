"""The rival in evaluation: one window's forward pass and mean negative log-likelihood by transformers.

Serves requests as gate_step.py does, each answered by {"seconds", "cpu_seconds", "loss", "peak_bytes"}. The model is dense: gates are
not read. Runs on a GPU where PyTorch finds one.

Usage: perplexity.py MODEL_FOLDER --tokens FILE --rows N --threads N --dtype D [--compile]
"""

import argparse
import json
import resource
import sys
import time

import torch
import torch.nn.functional as F
import transformers


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    for option in ("tokens", "gates", "gradients", "dtype"):
        parser.add_argument(f"--{option}")
    parser.add_argument("--rows", type=int, default=1)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--compile", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = transformers.AutoModelForCausalLM.from_pretrained(
        options.model, dtype=getattr(torch, options.dtype), attn_implementation="sdpa"
    ).eval().to(device)
    if options.compile:
        model = torch.compile(model)
    with open(options.tokens, "rb") as file:
        tokens = torch.frombuffer(bytearray(file.read()), dtype=torch.int32).long().view(options.rows, -1).to(device)

    engine = f"transformers {transformers.__version__} on PyTorch {torch.__version__}"
    print(json.dumps({"engine": engine, "device": "gpu" if device == "cuda" else "cpu"}), flush=True)
    for _ in sys.stdin:
        start, used = time.perf_counter(), time.process_time()
        with torch.inference_mode():
            logits = model(tokens, use_cache=False).logits[:, :-1]
            loss = F.cross_entropy(logits.flatten(0, 1).float(), tokens[:, 1:].flatten()).item()
        seconds, cpu = time.perf_counter() - start, time.process_time() - used
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"seconds": seconds, "cpu_seconds": cpu, "loss": loss, "peak_bytes": peak}), flush=True)


if __name__ == "__main__":
    main()
