"""Gradients of models' mean next-token losses by PyTorch. JOBS.json lists {"folder", "ids", "out"}."""

import json
import sys

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

for job in json.load(open(sys.argv[1])):
    kind = {"dtype": torch.float32, "attn_implementation": "eager"}
    model = AutoModelForCausalLM.from_pretrained(job["folder"], **kind).eval()
    tokens = torch.tensor(job["ids"])
    model(tokens, labels=tokens, use_cache=False).loss.backward()
    gradients = {name: p.grad.contiguous() for name, p in model.named_parameters() if p.grad is not None}
    save_file(gradients, job["out"])
