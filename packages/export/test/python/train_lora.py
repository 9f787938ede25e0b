"""Trains a LoRA on a pruned folder with trl, and merges it.

    python train_lora.py FOLDER OUT

Ten steps of supervised fine-tuning; the adapter is saved, loaded onto the folder again and merged; the merged model is saved to
OUT. Prints one JSON object: the losses, and the logits of a text by the trained, the merged and the loaded model.
"""

import json
import sys
import tempfile

import torch
from datasets import Dataset
from peft import LoraConfig, PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer

folder, out = sys.argv[1:]
remote = {"trust_remote_code": True}
torch.set_num_threads(2)
torch.manual_seed(1)
tokenizer = AutoTokenizer.from_pretrained(folder)
tokenizer.pad_token = tokenizer.eos_token
text = "ABABABACABABABACABABABAC"
ids = tokenizer(text, return_tensors="pt").input_ids


def logits_of(model):
    with torch.no_grad():
        return model.eval()(ids.to(model.device)).logits[0].cpu().flatten().tolist()


def load(path):
    return AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32, **remote)


with tempfile.TemporaryDirectory() as work:
    trainer = SFTTrainer(
        model=load(folder),
        processing_class=tokenizer,
        train_dataset=Dataset.from_dict({"text": [text] * 20}),
        peft_config=LoraConfig(r=4, target_modules=["q_proj", "v_proj", "o_proj", "up_proj", "down_proj"]),
        args=SFTConfig(
            output_dir=work,
            max_steps=10,
            per_device_train_batch_size=2,
            learning_rate=1e-2,
            logging_steps=1,
            save_strategy="no",
            report_to=[],
            use_cpu=True,
            bf16=False,
            disable_tqdm=True,
        ),
    )
    trainer.train()
    trained = logits_of(trainer.model)
    trainer.model.save_pretrained(work)
    merged = PeftModel.from_pretrained(load(folder), work).merge_and_unload()
    merged.save_pretrained(out)
    tokenizer.save_pretrained(out)
print(
    json.dumps(
        {
            "losses": [entry["loss"] for entry in trainer.state.log_history if "loss" in entry],
            "ids": ids[0].tolist(),
            "trained": trained,
            "merged": logits_of(merged),
            "loaded": logits_of(load(out)),
        }
    )
)
