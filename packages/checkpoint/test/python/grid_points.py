"""Prints src/gguf/quantized/i-quants/grid-points.ts: the grids of the I-quants, from the Python package gguf.

    pip install gguf==0.19.0 && python grid_points.py > ../../src/gguf/quantized/i-quants/grid-points.ts
"""

import base64
import textwrap

from gguf import quants

print("""/**
 * The grids of the I-quants: base64 of the points, 16 bits each, little-endian.
 *
 * Source of the numbers: ggml (MIT licence), as published in the Python package gguf 0.19.0. Made by
 * test/python/grid_points.py.
 */""")
for name in ["IQ1_S", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S"]:
    points = base64.b64encode(bytes.fromhex(getattr(quants, name).grid_hex.decode())).decode()
    lines = "\n".join(textwrap.wrap(points, 108))
    print(f"\nexport const {name.replace('IQ1_S', 'IQ1')} = `\n{lines}`;")
