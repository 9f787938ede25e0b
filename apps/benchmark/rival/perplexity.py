"""One evaluation window in transformers: forward pass and mean negative log-likelihood of the dense model.

Gates are not read. See contestant.py for arguments and protocol.
"""

import torch
import torch.nn.functional as F
import transformers

from contestant import DEVICE, arguments, read_tokens, serve


def main():
    options = arguments()
    model = transformers.AutoModelForCausalLM.from_pretrained(
        options.model, dtype=getattr(torch, options.dtype), attn_implementation="sdpa"
    ).eval().to(DEVICE)
    if options.compile:
        model = torch.compile(model)
    tokens = read_tokens(options)

    def run():
        with torch.inference_mode():
            logits = model(tokens, use_cache=False).logits[:, :-1]
            return F.cross_entropy(logits.flatten(0, 1).float(), tokens[:, 1:].flatten()).item()

    serve(options, f"transformers {transformers.__version__} on PyTorch {torch.__version__}", run)


if __name__ == "__main__":
    main()
