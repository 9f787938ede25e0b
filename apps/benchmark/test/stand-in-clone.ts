import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Whether `python3` is available. The stand-in needs no Python packages. */
export const hasPython = (() => {
  try {
    execFileSync('python3', ['-c', ''], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

// Takes the arguments of the paper's script and loads the same data sets, but copies the weights without pruning them.
const TRAIN = `
import argparse, json, os, shutil
from datasets import load_dataset

parser = argparse.ArgumentParser()
for name in ["model-id", "model-family", "device", "output-dir"]:
    parser.add_argument(f"--{name}", required=True)
for name in ["keep-ratio", "lr", "tau", "rescale-lr", "rescale-alpha"]:
    parser.add_argument(f"--{name}", type=float, required=True)
for name in ["epochs", "batch-size", "num-samples", "max-len", "rescale-num-samples", "rescale-epochs"]:
    parser.add_argument(f"--{name}", type=int, required=True)
parser.add_argument("--dtype", required=True)
parser.add_argument("--skip-acc-eval", action="store_true")
args = parser.parse_args()

config = json.load(open(f"{args.model_id}/config.json"))
tokenizer = json.load(open(f"{args.model_id}/tokenizer_config.json"))
assert not config["tie_word_embeddings"] and tokenizer["tokenizer_class"] == "PreTrainedTokenizerFast"
if args.tau == 9:
    raise SystemExit("RuntimeError: the stand-in stops here")
rows = {s: load_dataset("wikitext", "wikitext-2-raw-v1", split=s)["text"] for s in ["train", "validation"]}
layer = {
    "ffn_intermediate_size": config["intermediate_size"],
    "num_heads": config["num_attention_heads"],
    "num_key_value_heads": config["num_key_value_heads"],
    "head_dim": config["head_dim"],
}
shutil.copy(f"{args.model_id}/model.safetensors", f"{args.output_dir}/pruned_state_dict.safetensors")
json.dump({"layers": [layer] * config["num_hidden_layers"]}, open(f"{args.output_dir}/meta.json", "w"))
json.dump({"args": vars(args), "rows": rows}, open(f"{args.output_dir}/seen.json", "w"))
`;

const EVALUATE = `
import argparse, os
from datasets import load_dataset

parser = argparse.ArgumentParser()
for name in ["model-id", "sd", "meta", "device", "dtype", "datasets", "seq-len", "batch-size"]:
    parser.add_argument(f"--{name}", required=True)
args = parser.parse_args()
assert os.path.exists(args.sd) and os.path.exists(args.meta)
counts = {}
for name in args.datasets.split(","):
    if name == "wikitext2":
        counts[name] = float(len(load_dataset("wikitext", "wikitext-2-raw-v1", split="test")["text"]))
    elif name == "ptb":
        counts[name] = float(len(load_dataset("ptb_text_only", "penn_treebank", split="test")["sentence"]))
    else:
        counts[name] = float(len(load_dataset("json", data_files="c4.json")["train"]["text"]))
print(f"PPL results: {counts}")
`;

// The part of the package that the launcher and the scripts use.
const DATASETS = `
class Dataset:
    from_dict = staticmethod(dict)

def load_dataset(*args, **kwargs):
    raise OSError("the network")
`;

/**
 * Writes a stand-in for the paper's repository, with the same entry points, and a folder for PYTHONPATH with the packages
 * that it imports. Its perplexity of a text is the number of rows.
 */
export async function standInClone(folder: string): Promise<{ clone: string; packages: string }> {
  const [clone, packages] = [join(folder, 'clone'), join(folder, 'packages')];
  await mkdir(clone, { recursive: true });
  await mkdir(packages, { recursive: true });
  await writeFile(join(clone, 'train.py'), TRAIN);
  await writeFile(join(clone, 'eval_pruned_ppl.py'), EVALUATE);
  await writeFile(join(clone, 'requirements.txt'), 'datasets\n');
  await writeFile(join(packages, 'datasets.py'), DATASETS);
  return { clone, packages };
}
