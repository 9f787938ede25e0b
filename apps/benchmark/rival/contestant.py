"""Arguments, input files and request loop of all rivals.

Protocol, one JSON object per line: when the model is loaded, the process prints {"engine", "device"}. For each request
{"step": "gates" | "scales" | "perplexity"} on standard input it prints {"seconds", "cpu_seconds", "loss", "peak_bytes"}
and writes the gradients to --gradients. Tokens are int32, gates and gradients float32, all raw little-endian. Gates are
ordered by layer, in each layer FFN before KV.
"""

import argparse
import json
import resource
import sys
import time

import torch


DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def arguments(*more):
    """Parses MODEL_FOLDER --tokens FILE --gates FILE --gradients FILE --rows N --threads N --dtype D, and `more` options."""
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
    """Times `run()`, which returns the loss. `prepare(step)` runs before it and `gradients_of(step)` after it, untimed."""
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
