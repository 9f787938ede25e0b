"""Runs a script of a clone of the paper's repository, as it stands there, on local data.

Usage: run_official.py JOB.json SCRIPT [ARGUMENT...]

JOB.json: {"datasets": [{"name", "split", "column", "rows"}], "result"}. What the script asks of
`datasets.load_dataset` by that name and split is a file of JSON Lines, {"text"} each. `result` is a file to
write {"seconds", "peak_bytes"} to: wall time of the script, imports of torch and transformers included, and most
resident memory of the process.
"""

import json
import resource
import runpy
import sys
import time
from pathlib import Path

import datasets


def local_loader(entries):
    """Stands in for `datasets.load_dataset`: nothing is fetched, and what is not there is said."""

    def load_dataset(name, *_names, split=None, **_options):
        for entry in entries:
            if entry["name"] == name and entry["split"] == split:
                lines = Path(entry["rows"]).read_text(encoding="utf-8").split("\n")[:-1]
                texts = [json.loads(line)["text"] for line in lines]
                rows = datasets.Dataset.from_dict({entry["column"]: texts})
                return {"train": rows} if split is None else rows
        raise FileNotFoundError(f"no local rows stand in for the data set {name}, split {split}")

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
