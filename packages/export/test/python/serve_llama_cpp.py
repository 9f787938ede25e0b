"""Serves GGUF files with llama.cpp's own server inside Python, one after the other, and prints what it computes.

    python serve_llama_cpp.py JOB

JOB is a JSON file: `ids`, a text; `generated`, how many tokens to write after it; `folders`, each with the path of its file and
the size of its vocabulary. Prints one JSON object per file: the log-probability of each token of the text after the first, the
greedy continuation, and those of four parts of the text computed together and one at a time. The errors of a file end the
process.

The binding has no logits. Its server gives the likeliest tokens at each step with their log-probabilities, and of a small
vocabulary that is all of them. A grammar that has only the text makes it write the text. The vocabulary consists of letters.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import urlopen

import xllamacpp

PARTS = 4


def open_server(path, length):
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.n_ctx = PARTS * length  # shared by the slots
    params.n_parallel = PARTS
    params.n_batch = params.n_ubatch = length
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    params.swa_full = True  # caches of windows can be continued
    params.cache_ram_mib = 0
    params.warmup = False
    params.verbosity = -1
    return xllamacpp.Server(params)


def post(server, path, body):
    with urlopen(f"{server.listening_address}{path}", json.dumps(body).encode()) as answer:
        return json.load(answer)


def steps(server, prompt, count, vocabulary, **more):
    """Log-probabilities at each step after a prompt, by token. They are those before the grammar."""
    asked = {"prompt": prompt, "n_predict": count, "temperature": 0, "n_probs": vocabulary, "cache_prompt": True}
    answer = post(server, "/completion", asked | more)
    return [{each["id"]: each["logprob"] for each in step["top_logprobs"]} for step in answer["completion_probabilities"]]


def log_probabilities(server, ids, vocabulary):
    text = post(server, "/detokenize", {"tokens": ids[1:]})["content"]
    scores = steps(server, ids[:1], len(ids) - 1, vocabulary, grammar=f'root ::= "{text}"')
    return [step[id] for step, id in zip(scores, ids[1:], strict=True)]


def greedy(server, prompt, count, vocabulary, slot=0):
    ids = list(prompt)
    for _ in range(count):
        (scores,) = steps(server, ids, 1, vocabulary, id_slot=slot)
        ids.append(max(scores, key=scores.get))
    return ids[len(prompt) :]


def serve(folder, vocabulary, ids, generated):
    server = open_server(folder, len(ids) + generated)
    parts = [ids[:200], ids[7:40], ids[100:228], ids[3:8]]
    with ThreadPoolExecutor(PARTS) as pool:
        together = list(pool.map(lambda part, slot: greedy(server, part, 16, vocabulary, slot), parts, range(PARTS)))
    return {
        "folder": Path(folder).name,
        "class": "llama.cpp",
        "logProbabilities": log_probabilities(server, ids, vocabulary),
        "continuation": greedy(server, ids, generated, vocabulary),
        "together": together,
        "apart": [greedy(server, part, 16, vocabulary, slot=1) for part in parts],
    }


job = json.loads(Path(sys.argv[1]).read_text())
for folder in job["folders"]:
    print(json.dumps(serve(**folder, ids=job["ids"], generated=job["generated"])), flush=True)
