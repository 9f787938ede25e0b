"""Runs an unmodified script of a clone of the paper's repository on local data.

Usage: run_official.py JOB.json SCRIPT [ARGUMENT...]

JOB.json: {"datasets": [{"name", "split", "column", "rows"}], "result"}. `datasets.load_dataset` with such a name and
split returns the rows of the JSON Lines file `rows`, {"text"} each. The script's wall time, including imports of torch
and transformers, and the peak resident memory of the process are written to the file `result`, as {"seconds",
"peak_bytes"}.
"""

import json
import resource
import runpy
import sys
import time
from pathlib import Path

import datasets


def local_loader(entries):
    """Replaces `datasets.load_dataset`. Nothing is downloaded; other data sets raise FileNotFoundError."""

    def load_dataset(name, *_names, split=None, **_options):
        for entry in entries:
            if entry["name"] == name and entry["split"] == split:
                lines = Path(entry["rows"]).read_text(encoding="utf-8").split("\n")[:-1]
                texts = [json.loads(line)["text"] for line in lines]
                rows = datasets.Dataset.from_dict({entry["column"]: texts})
                return {"train": rows} if split is None else rows
        raise FileNotFoundError(f"there are no local rows for the data set {name}, split {split}")

    return load_dataset


def main():
    job_path, script, *arguments = sys.argv[1:]
    job = json.loads(Path(job_path).read_text(encoding="utf-8"))
    datasets.load_dataset = local_loader(job["datasets"])
    sys.argv = [script, *arguments]
    sys.path[0] = str(Path(script).parent)
    start = time.perf_counter()
    runpy.run_path(script, run_name="__main__")
    seconds = time.perf_counter() - start
    scale = 1 if sys.platform == "darwin" else 1024
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale
    Path(job["result"]).write_text(json.dumps({"seconds": seconds, "peak_bytes": peak_bytes}))


main()
