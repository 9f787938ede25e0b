"""Quantises a GGUF file with llama.cpp's llama_model_quantize.

    python quantize_gguf.py LIBRARIES IN OUT FILE_TYPE [IMPORTANCE]

LIBRARIES is a folder with libggml-base.so and libllama*.so of llama.cpp v0.5.0. FILE_TYPE is a number (llama_ftype).
IMPORTANCE is a JSON file: importance of the columns of each matrix, by GGUF name.
"""

import ctypes
import json
import sys
from pathlib import Path

libraries, source, target, file_type, *importance = sys.argv[1:]


class Importance(ctypes.Structure):
    """llama_model_imatrix_data"""

    _fields_ = [("name", ctypes.c_char_p), ("data", ctypes.POINTER(ctypes.c_float)), ("size", ctypes.c_size_t)]


class Parameters(ctypes.Structure):
    """llama_model_quantize_params, with room for fields that are not set here."""

    _fields_ = [
        *((name, ctypes.c_int32) for name in ("threads", "file_type", "output_type", "embedding_type")),
        *((name, ctypes.c_bool) for name in ("requantize", "quantize_output", "only_copy", "pure", "split", "dry_run")),
        ("importance", ctypes.POINTER(Importance)),
        ("rest", ctypes.c_void_p * 16),
    ]


def load(pattern: str) -> ctypes.CDLL:
    return ctypes.CDLL(str(next(Path(libraries).glob(pattern))), mode=ctypes.RTLD_GLOBAL)


load("libggml-base.so")
load("libggml.*so")
llama = load("libllama.*so")
log = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
quiet = log(lambda level, text, data: None)
llama.llama_log_set(quiet, None)
llama.llama_model_quantize_default_params.restype = Parameters
llama.llama_model_quantize.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.POINTER(Parameters)]
llama.llama_model_quantize.restype = ctypes.c_uint32

parameters = llama.llama_model_quantize_default_params()
parameters.threads = 1
parameters.file_type = int(file_type)
if importance:
    columns = json.loads(Path(importance[0]).read_text())
    entries = (Importance * (len(columns) + 1))()
    for entry, (name, values) in zip(entries, columns.items()):
        entry.name, entry.size = name.encode(), len(values)
        entry.data = (ctypes.c_float * len(values))(*values)
    parameters.importance = entries
sys.exit(llama.llama_model_quantize(source.encode(), target.encode(), ctypes.byref(parameters)))
