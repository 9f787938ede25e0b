"""One step of the paper's unmodified code, from a clone of its repository, on given tokens under a given mask.

The timed part is what its loops do with a batch once the mask is known: the loss and backward(), through all parameters
that these loops leave trainable. Computing masks and AdamW are not timed. Gradients of scores are converted to gradients
of gates. See contestant.py for arguments and protocol; --clone FOLDER is required. One process runs one kind of step.
"""

import sys

import torch
import transformers

from contestant import DEVICE, arguments, read, read_tokens, serve


TAU, ALPHA = 1.5, 0.5

# dL/dz over dL/dscore at score 0, for z = sigmoid(score / tau) of gates and z = 1 + alpha·tanh(score) of scales.
SLOPES = {"gates": 4 * TAU, "scales": 1 / ALPHA}


class OfficialModel:
    def __init__(self, options):
        sys.path.insert(0, options.clone)
        sys.dont_write_bytecode = True  # the clone is not modified
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

    def forget_gradients(self):
        for score in self.scores:
            score.grad = None

    def step(self, tokens):
        loss = self.model(input_ids=tokens, attention_mask=torch.ones_like(tokens), labels=tokens).loss
        loss.backward()
        return loss.item()


def is_ffn(module):
    return hasattr(module, "gate_score")


def main():
    options = arguments("clone")
    official = OfficialModel(options)
    tokens, values = read_tokens(options), read(options.gates, torch.float32)
    masks = (values != 0).split([score.numel() for score in official.scores])
    stage = None

    def prepare(step):
        nonlocal stage
        if step != stage:
            official.learn_gates(masks) if step == "gates" else official.calibrate_scales(masks)
            stage = step
        official.forget_gradients()

    def gradients_of(step):
        return SLOPES[step] * torch.cat([score.grad.float() for score in official.scores])

    engine = f"the paper's code on transformers {transformers.__version__}, PyTorch {torch.__version__}"
    serve(options, engine, lambda: official.step(tokens), prepare, gradients_of)


if __name__ == "__main__":
    main()
