"""Renders chat templates with transformers, as the table that chat-table.test.ts compares with.

    python chat_templates.py ../chat-templates.json && npx biome format --write ../chat-templates.json

Needs transformers and jinja2, no torch. The templates are written for this test, with
constructs that templates in use have.
A rendering that fails is null.
"""

import json
import re
import sys
from pathlib import Path

from transformers.utils import chat_template_utils

SPECIAL = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}

CONVERSATIONS = {
    "one": [("user", "Hi")],
    "system": [("system", " Be brief.\n"), ("user", " What is 2 + 2? ")],
    "turns": [("user", "A"), ("assistant", "B"), ("user", "C")],
    "system turns": [("system", "S"), ("user", "A"), ("assistant", " B\n"), ("user", "C\n")],
    "thinking": [("user", "Q"), ("assistant", "<think>\nHm.\n</think>\n\nA."), ("user", "R"), ("assistant", "<think>x</think>Y"), ("user", "Z")],
    "odd order": [("user", "A"), ("user", "B")],
    "late system": [("user", "A"), ("assistant", "B"), ("system", "S"), ("user", "C")],
    "letters": [("user", "é \"q\" 'r' <b>&\\ 中 😀 ½\ttab\r\nend \u2028 \x1c ")],
    "empty": [("user", ""), ("assistant", ""), ("user", "x")],
    "words": [("user", "/no_think the quick  brown-fox's JUMPS\n\nover\n  it")],
    "assistant last": [("user", "A"), ("assistant", "B")],
    "none": [],
}

HERE = Path(__file__).parent
TEMPLATES = {
    path.stem.replace("-", " "): path.read_bytes().decode() for path in sorted((HERE / "templates").glob("*.jinja"))
}
# Several expressions a line, with bars between them.
EXPRESSIONS = (HERE / "expressions.txt").read_text("utf-8")
STATEMENTS = json.loads((HERE / "statements.json").read_text("utf-8"))


def render(template, conversation):
    messages = [{"role": role, "content": content} for role, content in conversation]
    try:
        rendered, _ = chat_template_utils.render_jinja_template(
            conversations=[messages], chat_template=template, add_generation_prompt=True, **SPECIAL
        )
    except Exception:  # whatever the template or jinja2 raises
        return None
    # Addresses of objects differ from run to run.
    return None if re.search(r"0x[0-9a-f]{6,}", rendered[0]) else rendered[0]


def expressions():
    """Expressions between bars. A bar before a filter belongs to the expression; so each line is split and joined again."""
    filters = set()
    compiled = chat_template_utils._compile_jinja_template("")
    filters.update(compiled.environment.filters)
    for line in EXPRESSIONS.strip("\n").replace("\\\n", "\\\x00").split("\n"):
        current = None
        for part in line.replace("\\\x00", "\\\n").split("|"):
            name = re.match(r"\w+", part)
            if current is not None and name and name.group() in filters and not re.match(r"\w+\s*(==|<|is )", part):
                current += "|" + part
            else:
                if current is not None:
                    yield current
                current = part
        yield current


def main(path):
    table = {
        "special": SPECIAL,
        "conversations": {
            name: [{"role": role, "content": content} for role, content in turns] for name, turns in CONVERSATIONS.items()
        },
        "templates": [
            {"name": name, "template": template, "expected": {key: render(template, turns) for key, turns in CONVERSATIONS.items()}}
            for name, template in TEMPLATES.items()
        ],
        "statements": [
            {"name": name, "template": template, "expected": render(template, CONVERSATIONS["turns"])} for name, template in STATEMENTS.items()
        ],
        "expressions": [
            {"expression": text, "expected": render("{{ " + text + " }}", CONVERSATIONS["turns"])} for text in dict.fromkeys(expressions())
        ],
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(table, file, ensure_ascii=True, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
