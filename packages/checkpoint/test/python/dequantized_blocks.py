"""Prints test/dequantized-blocks.json: blocks of each quantised type of ggml, and the float32 values that ggml makes of them.

    python dequantized_blocks.py LIBGGML_BASE > ../dequantized-blocks.json

LIBGGML_BASE is libggml-base.so of a release of llama.cpp for x86-64, for example from the npm package
@node-llama-cpp/linux-x64. The values of finite blocks are compared with those of the Python package gguf.

A type has `blocks` and `values` of four blocks in base64: two with finite scales, one with an infinite scale, one with
scales that are NaN or minus infinity. `sha256` is of the values of 64 blocks from the linear congruential generator in
dequantize.test.ts.
"""

import base64
import ctypes
import hashlib
import json
import sys

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

# First bytes of the binary16 scales of a block. Those of IQ1_M lie in four pieces, the highest in byte 55. That of MXFP4
# is an exponent in byte 0; values are finite without its second highest bit.
SCALES = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0],
    "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
    "IQ2_XXS": [0], "IQ2_XS": [0], "IQ3_XXS": [0], "IQ1_S": [0], "IQ4_NL": [0], "IQ3_S": [0], "IQ2_S": [0],
    "IQ4_XS": [0], "IQ1_M": [54], "TQ1_0": [52], "TQ2_0": [64], "MXFP4": [-1],
}
library = ctypes.CDLL(sys.argv[1])


def by_ggml(name: str, blocks: np.ndarray) -> np.ndarray:
    values = np.empty(blocks.shape[0] * size(name)[0], np.float32)
    function = getattr(library, "dequantize_row_" + (name[:-1].lower() + "K" if name.endswith("_K") else name.lower()))
    function(ctypes.c_void_p(blocks.ctypes.data), ctypes.c_void_p(values.ctypes.data), ctypes.c_int64(values.size))
    return values


def size(name: str) -> tuple[int, int]:
    return GGML_QUANT_SIZES[GGMLQuantizationType[name]]


def finite(name: str, blocks: np.ndarray) -> np.ndarray:
    """The blocks with scales below 2, and their values, on which both readers agree."""
    for at in SCALES[name]:
        blocks[:, at + 1] &= 0xBF
    values = by_ggml(name, blocks)
    assert np.isfinite(values).all(), name
    assert (values.view(np.uint32) == dequantize(blocks, GGMLQuantizationType[name]).view(np.uint32).ravel()).all(), name
    return values


def with_scales(name: str, block: np.ndarray, halves: list[int]) -> np.ndarray:
    block = block.copy()
    if name == "MXFP4":
        block[0] = 255 if halves[0] == 0x7C00 else 0
        return block
    for at, half in zip(SCALES[name], halves):
        if name == "IQ1_M":
            for piece in range(4):
                block[49 + 2 * piece] = (block[49 + 2 * piece] & 15) | ((half >> (4 * piece)) & 15) << 4
        else:
            block[at : at + 2] = np.array([half], "<u2").view(np.uint8)
    return block


def congruential(count: int) -> np.ndarray:
    state, out = 12_345, np.empty(count, np.uint8)
    for i in range(count):
        state = (state * 1_664_525 + 1_013_904_223) & 0xFFFFFFFF
        out[i] = state >> 24
    return out


def text(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode()


rng = np.random.default_rng(1)
types = {}
for name in SCALES:
    block_bytes = size(name)[1]
    blocks = rng.integers(0, 256, (2, block_bytes), np.uint8)
    finite(name, blocks)
    special = [with_scales(name, blocks[0], [0x7C00, 0x3C00]), with_scales(name, blocks[1], [0xFC00, 0x7E00])]
    blocks = np.stack([*blocks, *special])
    many = congruential(64 * block_bytes).reshape(64, block_bytes)
    types[name] = {
        "blocks": text(blocks),
        "values": text(by_ggml(name, blocks)),
        "sha256": hashlib.sha256(finite(name, many).tobytes()).hexdigest(),
    }
print(json.dumps(types, indent=1))
