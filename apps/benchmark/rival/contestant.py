"""What all rivals share: their arguments, the files they are given, and answering requests for steps.

Requests come one JSON object a line on standard input, {"step": "gates" | "scales" | "perplexity"}, and each is answered
by one on standard output, {"seconds", "cpu_seconds", "loss", "peak_bytes"}, its gradients written to --gradients. The
first line is {"engine", "device"}, once the model is loaded. Tokens are int32, gates and gradients float32, raw
little-endian; gates in the order FFN then KV, layer by layer.
"""

import argparse
import json
import resource
import sys
import time

import torch


DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def arguments(*more):
    """MODEL_FOLDER --tokens FILE --gates FILE --gradients FILE --rows N --threads N --dtype D, and `more` options."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    for option in ("tokens", "gates", "gradients", "dtype", *more):
        parser.add_argument(f"--{option}", required=True)
    parser.add_argument("--rows", type=int, default=1)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--compile", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    return options


def read(path, dtype):
    with open(path, "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=dtype).to(DEVICE)


def read_tokens(options):
    return read(options.tokens, torch.int32).long().view(options.rows, -1)


def serve(options, engine, run, prepare=lambda step: None, gradients_of=None):
    """Times `run()`, which returns the loss; `prepare(step)` comes before it, `gradients_of(step)` after it."""
    print(json.dumps({"engine": engine, "device": "gpu" if DEVICE == "cuda" else "cpu"}), flush=True)
    for line in sys.stdin:
        step = json.loads(line)["step"]
        prepare(step)
        start, used = time.perf_counter(), time.process_time()
        loss = run()
        seconds, cpu = time.perf_counter() - start, time.process_time() - used
        if gradients_of:
            with open(options.gradients, "wb") as file:
                file.write(gradients_of(step).float().cpu().numpy().tobytes())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"seconds": seconds, "cpu_seconds": cpu, "loss": loss, "peak_bytes": peak}), flush=True)
