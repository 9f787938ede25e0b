"""Prints test/quantized-rows.json: rows of float32 numbers, and the blocks that ggml's quantize_* functions make of them.

    python quantized_rows.py LIBGGML_BASE > ../quantized-rows.json

LIBGGML_BASE is libggml-base.so of a release of llama.cpp for x86-64, for example from the npm package
@node-llama-cpp/linux-x64. Blocks are stored for each type without and with the importance of the columns.
"""

import base64
import ctypes
import json
import sys

import numpy as np

TYPES = {
    "Q4_0": (32, 18), "Q5_0": (32, 22), "Q5_1": (32, 24), "Q8_0": (32, 34),
    "Q4_K": (256, 144), "Q5_K": (256, 176), "Q6_K": (256, 210),
}
COLUMNS = 512
library = ctypes.CDLL(sys.argv[1])
rng = np.random.default_rng(1)


def normal() -> np.ndarray:
    return rng.standard_normal(COLUMNS).astype(np.float32)


def rows() -> dict[str, np.ndarray]:
    zeros = np.zeros(COLUMNS, np.float32)
    one = zeros.copy()
    one[300] = -3
    signed = zeros.copy()
    signed[::3] = -0.0
    return {
        "normal": normal() * np.float32(0.02),
        "from float16": (normal() * np.float32(0.05)).astype(np.float16).astype(np.float32),
        "positive": np.abs(normal()),
        "negative": -np.abs(normal()),
        "outliers": normal() * np.exp(3 * normal()).astype(np.float32),
        "sparse": normal() * (rng.random(COLUMNS) < 0.1),
        "integers": np.round(4 * normal()),
        "offset": np.float32(-500) + np.float32(1e-3) * normal(),
        "ties": (np.arange(COLUMNS) % 33 - 16).astype(np.float32) / 2,
        "small": np.float32(1e-6) * normal(),
        "tiny": np.float32(1e-20) * normal(),
        "large": np.float32(1000) * normal(),
        "constant": zeros + np.float32(0.7),
        "one": one,
        "zeros of both signs": signed,
    }


def quantized(name: str, values: np.ndarray, importance: np.ndarray | None) -> str:
    block_size, block_bytes = TYPES[name]
    out = np.zeros(values.size // block_size * block_bytes, np.uint8)
    pointer = lambda array: ctypes.c_void_p(None if array is None else array.ctypes.data)
    count, columns = map(ctypes.c_int64, values.shape)
    function = getattr(library, "quantize_" + name.lower().replace("_k", "_K"))
    function(pointer(values), pointer(out), count, columns, pointer(importance))
    return base64.b64encode(out.tobytes()).decode()


named = rows()
values = np.stack([row.astype(np.float32) for row in named.values()])
importance = np.exp(2 * normal()).astype(np.float32)
importance[100:120] = 0
importance[448:480] = 0
print(json.dumps({
    "columns": COLUMNS,
    "rows": list(named),
    "values": base64.b64encode(values.tobytes()).decode(),
    "importance": base64.b64encode(importance.tobytes()).decode(),
    "plain": {name: quantized(name, values, None) for name in TYPES},
    "byImportance": {name: quantized(name, values, importance) for name in TYPES if name != "Q4_0"},
}, indent=1))
