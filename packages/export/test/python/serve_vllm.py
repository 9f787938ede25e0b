"""Serves folders with vLLM on the CPU, one after the other, and prints what it computes.

    python serve_vllm.py JOB

JOB is a JSON file: `ids`, a text; `generated`, how many tokens to write after it; `folders`, each with its path and `model_impl`,
vLLM's name for whose classes compute the model. Prints one JSON object per folder: the log-probability of each token of the text
after the first, the greedy continuation, those of four parts of the text computed together and one at a time, and the model's
class. The errors of a folder end the process.
"""

import gc
import json
import os
import sys
from pathlib import Path

os.environ |= {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "OMP_NUM_THREADS": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_NO_USAGE_STATS": "1",
}

from vllm import LLM, SamplingParams
from vllm.distributed import cleanup_dist_env_and_memory
from vllm.model_executor.models import registry

# vLLM looks at each class in a process of its own, which imports everything again; this one has nothing to shield from that.
registry._run_in_subprocess = lambda look: look()

COMMON = {"temperature": 0, "ignore_eos": True, "detokenize": False}


def tokens_of(llm, texts, count):
    prompts = [{"prompt_token_ids": ids} for ids in texts]
    outputs = llm.generate(prompts, SamplingParams(max_tokens=count, **COMMON), use_tqdm=False)
    return [list(output.outputs[0].token_ids) for output in outputs]


def serve(folder, model_impl, ids, generated):
    llm = LLM(
        model=folder,
        model_impl=model_impl,
        trust_remote_code=True,
        dtype="float32",
        max_model_len=len(ids) + generated,
        max_num_seqs=4,
        kv_cache_memory_bytes=2**26,
        enforce_eager=True,
        enable_prefix_caching=False,
        disable_log_stats=True,
        skip_tokenizer_init=True,
    )
    scored = SamplingParams(max_tokens=1, prompt_logprobs=0, **COMMON)
    (scores,) = llm.generate([{"prompt_token_ids": ids}], scored, use_tqdm=False)
    parts = [ids[:200], ids[7:40], ids[100:228], ids[3:8]]
    model = llm.llm_engine.model_executor.driver_worker.worker.model_runner.model
    return {
        "folder": Path(folder).name,
        "class": type(model).__name__,
        "logProbabilities": [step[id].logprob for id, step in zip(ids[1:], scores.prompt_logprobs[1:])],
        "continuation": tokens_of(llm, [ids], generated)[0],
        "together": tokens_of(llm, parts, 16),
        "apart": [tokens_of(llm, [part], 16)[0] for part in parts],
    }


job = json.loads(Path(sys.argv[1]).read_text())
for folder in job["folders"]:
    print(json.dumps(serve(**folder, ids=job["ids"], generated=job["generated"])), flush=True)
    gc.collect()
    cleanup_dist_env_and_memory()
