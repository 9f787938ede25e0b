"""Writes the functions of Python packages as text, those with a docstring: `grasp prune --calib functions.txt`.

pip install --target packages --no-deps boltons more-itertools toolz networkx
python python-functions.py packages > functions.txt
"""

import ast
import pathlib
import random
import sys
import textwrap


def functions(source: str):
    """Yields the source of each function that is not within another one, without its indentation."""
    within = [ast.parse(source)]
    while within:
        for node in ast.iter_child_nodes(within.pop(0)):
            if isinstance(node, ast.ClassDef):
                within.append(node)
            elif isinstance(node, ast.FunctionDef) and ast.get_docstring(node):
                lines = source.splitlines()[node.lineno - 1 : node.end_lineno]
                yield textwrap.dedent("\n".join(lines))


found = [
    function
    for folder in sys.argv[1:]
    for path in sorted(pathlib.Path(folder).rglob("*.py"))
    if "tests" not in path.parts
    for function in functions(path.read_text("utf-8"))
]
random.Random(0).shuffle(found)  # the first blocks are of all packages
print("\n\n\n".join(found))
