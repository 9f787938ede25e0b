"""The paper's own step: the gates of a clone of its repository, as they stand there, on given tokens under a given mask.

Serves requests as gate_step.py does. Timed is what its loops do with a batch once the mask is known: the model's loss
and backward(), through all that these loops leave open to gradients. Masks and AdamW are not. The gradients of its
scores are told as those of the gates.

Usage: official_step.py MODEL_FOLDER --clone FOLDER --tokens FILE --gates FILE --gradients FILE --rows N --threads N
       --dtype D
"""

import argparse
import json
import resource
import sys
import time

import torch
import transformers


DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
TAU, ALPHA = 1.5, 0.5

# dL/dz over dL/dscore at score 0: z = sigmoid(score / tau) while gates are learned, 1 + alpha·tanh(score) for scales.
SLOPES = {"gates": 4 * TAU, "scales": 1 / ALPHA}


class OfficialModel:
    def __init__(self, options):
        sys.path.insert(0, options.clone)
        sys.dont_write_bytecode = True
        import gates

        model = transformers.AutoModelForCausalLM.from_pretrained(
            options.model, torch_dtype=getattr(torch, options.dtype)
        ).to(DEVICE)
        gates.attach_pruning_gates(model, gate_init=0.0, tau=TAU, device=DEVICE)
        self.model = model.train()
        layers = gates.get_transformer_layers(model)
        self.modules = [module for layer in layers for module in (layer.mlp, layer.self_attn)]
        self.scores = [getattr(m, "gate_score" if is_ffn(m) else "gate_score_kv") for m in self.modules]

    def learn_gates(self, masks):
        for module, mask in zip(self.modules, masks):
            module._batch_mask = mask.view(1, 1, -1) if is_ffn(module) else mask

    def calibrate_scales(self, masks):
        for parameter in self.model.parameters():
            parameter.requires_grad_(False)
        for module, score, mask in zip(self.modules, self.scores, masks):
            module.register_hard_mask(mask) if is_ffn(module) else module.register_hard_mask_kv(mask)
            score.requires_grad_(True)
            module._rescale_mode, module.rescale_alpha = True, ALPHA

    def step(self, tokens):
        for score in self.scores:
            score.grad = None
        loss = self.model(input_ids=tokens, attention_mask=torch.ones_like(tokens), labels=tokens).loss
        loss.backward()
        return loss.item()


def is_ffn(module):
    return hasattr(module, "gate_score")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    for option in ("clone", "tokens", "gates", "gradients", "dtype"):
        parser.add_argument(f"--{option}", required=True)
    parser.add_argument("--rows", type=int, default=1)
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    official = OfficialModel(options)
    with open(options.tokens, "rb") as file:
        tokens = torch.frombuffer(bytearray(file.read()), dtype=torch.int32).long().view(options.rows, -1).to(DEVICE)
    with open(options.gates, "rb") as file:
        values = torch.frombuffer(bytearray(file.read()), dtype=torch.float32).to(DEVICE)
    masks = (values != 0).split([score.numel() for score in official.scores])

    engine = f"the paper's code on transformers {transformers.__version__}, PyTorch {torch.__version__}"
    print(json.dumps({"engine": engine, "device": "gpu" if DEVICE == "cuda" else "cpu"}), flush=True)
    stage = None
    for line in sys.stdin:
        step = json.loads(line)["step"]
        if step != stage:
            official.learn_gates(masks) if step == "gates" else official.calibrate_scales(masks)
            stage = step
        start, used = time.perf_counter(), time.process_time()
        loss = official.step(tokens)
        seconds, cpu = time.perf_counter() - start, time.process_time() - used
        gradients = SLOPES[step] * torch.cat([score.grad.float() for score in official.scores])
        with open(options.gradients, "wb") as file:
            file.write(gradients.cpu().numpy().tobytes())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"seconds": seconds, "cpu_seconds": cpu, "loss": loss, "peak_bytes": peak}), flush=True)


if __name__ == "__main__":
    main()
