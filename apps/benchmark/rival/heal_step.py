"""One healing step in plain PyTorch, as a fair and careful user would write it.

The teacher is the dense model. The student has the rows and columns that the gates keep. All its weights are trained by
fused AdamW in float32; with --dtype bfloat16 it computes with copies, cast once a step. The loss mixes the next token with
the Kullback–Leibler divergence from the teacher's largest logits, where all other tokens count as one. Norms are trained
by factors. See contestant.py for arguments and protocol.
"""

import torch
import torch.nn.functional as F

from contestant import arguments, read, read_tokens, serve
from gate_step import GatedDecoder

LISTED, SHARE, CLIP, RATE, NORM_RATE = 64, 0.75, 1.0, 1e-4, 1e-3
LEAST_REST = 1e-5


class Student(GatedDecoder):
    def __init__(self, dense, gates, dtype):
        self.__dict__.update(dense.__dict__)
        self.dtype = dtype
        self.parameters, self.initial = {}, {}
        for name, weight in dense.weights.items():
            weight = self.kept(name, weight.float(), gates)
            if weight.numel() == 0:
                continue
            if weight.dim() == 1:
                self.initial[name], weight = weight, torch.ones_like(weight)
            self.parameters[name] = weight.clone().requires_grad_(True)

    def kept(self, name, weight, gates):
        parts = name.split(".")
        if parts[1] != "layers" or weight.dim() == 1:
            return weight
        ffn, kv = (gate.nonzero().flatten() for gate in gates[int(parts[2])])
        h, matrix = self.head_size, parts[-2]
        if matrix in ("gate_proj", "up_proj"):
            return weight[ffn]
        if matrix == "down_proj":
            return weight[:, ffn]
        width = h * (1 if matrix in ("k_proj", "v_proj") else self.heads // self.groups)
        at = (kv[:, None] * width + torch.arange(width)).flatten()
        return weight[:, at] if matrix == "o_proj" else weight[at]

    def cast(self):
        """Weights for one step, in the dtype of products."""
        self.weights = {
            name: (weight * self.initial[name] if name in self.initial else weight).to(self.dtype)
            for name, weight in self.parameters.items()
        }

    def heads_of(self, name):
        groups = self.weights[f"{name}.k_proj.weight"].shape[0] // self.head_size
        return groups * (self.heads // self.groups), groups

    def has(self, name):
        return f"{name}.weight" in self.weights


def loss_of(logits, following, teacher):
    logits = logits.flatten(0, 1).float()
    normalizer = torch.logsumexp(logits, -1, keepdim=True)
    nll = normalizer.squeeze(1) - logits.gather(1, following[:, None]).squeeze(1)
    ids, log_q = teacher
    log_p = logits.gather(1, ids) - normalizer
    q, p = log_q.exp(), log_p.exp()
    rest_q = (1 - q.sum(1)).clamp_min(LEAST_REST)
    rest_p = (1 - p.sum(1)).clamp_min(LEAST_REST)
    kl = (q * (log_q - log_p)).sum(1) + rest_q * (rest_q / rest_p).log()
    return (SHARE * kl + (1 - SHARE) * nll).mean()


def main():
    options = arguments()
    dtype = getattr(torch, options.dtype)
    teacher = GatedDecoder(options.model, dtype)
    tokens, values = read_tokens(options), read(options.gates, torch.float32)
    following = tokens[:, 1:].flatten()
    widths = (teacher.config["intermediate_size"], teacher.groups)
    flat = values.split(widths * teacher.config["num_hidden_layers"])
    student = Student(teacher, list(zip(flat[0::2], flat[1::2])), dtype)
    norms = [student.parameters[name] for name in student.initial]
    matrices = [weight for name, weight in student.parameters.items() if name not in student.initial]
    groups = [{"params": matrices, "lr": RATE}, {"params": norms, "lr": NORM_RATE}]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.95), weight_decay=0.0, fused=True)

    def teach():
        with torch.inference_mode():
            logits = teacher.logits(tokens)[:, :-1].flatten(0, 1).float()
            top, ids = logits.topk(LISTED, sorted=False)
            return ids.clone(), top - torch.logsumexp(logits, -1, keepdim=True)

    def learn(ids, log_q):
        student.cast()
        return loss_of(student.logits(tokens)[:, :-1], following, (ids, log_q))

    learn_of = torch.compile(learn) if options.compile else learn

    def run():
        loss = learn_of(*(x.clone() for x in teach()))
        loss.backward()
        torch.nn.utils.clip_grad_norm_([*matrices, *norms], CLIP, foreach=True)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.item()

    serve(options, f"PyTorch {torch.__version__}", run)


if __name__ == "__main__":
    main()
