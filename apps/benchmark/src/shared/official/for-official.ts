import type { Checkpoint, CheckpointFile } from '@grasp/checkpoint';
import { parseJson } from '@grasp/files';

const EMBEDDING = 'model.embed_tokens.weight';
const HEAD = 'lm_head.weight';
const TOKENIZER_CONFIG = 'tokenizer_config.json';

/**
 * A view of a model that the paper's code can process. The head is stored separately, because that code cannot save tied
 * weights. The tokenizer needs only tokenizer.json, because that code asks for a slow tokenizer for llama models.
 */
export function forOfficial(checkpoint: Checkpoint): Checkpoint {
  const files = [
    ...checkpoint.files.filter(({ name }) => name !== TOKENIZER_CONFIG),
    fastTokenizer(checkpoint.files.find(({ name }) => name === TOKENIZER_CONFIG)),
  ];
  const embedding = checkpoint.tensors.get(EMBEDDING);
  if (checkpoint.tensors.has(HEAD) || !embedding) return { ...bound(checkpoint), files };
  return {
    ...bound(checkpoint),
    source: `${checkpoint.source} with a separate head`,
    config: { ...checkpoint.config, tie_word_embeddings: false },
    tensors: new Map([...checkpoint.tensors, [HEAD, { ...embedding, name: HEAD }]]),
    files,
    read: (name) => checkpoint.read(name === HEAD ? EMBEDDING : name),
  };
}

/** A plain object with the members of a checkpoint. */
const bound = (checkpoint: Checkpoint): Checkpoint => ({
  source: checkpoint.source,
  config: checkpoint.config,
  tensors: checkpoint.tensors,
  files: checkpoint.files,
  read: (name) => checkpoint.read(name),
  close: () => checkpoint.close(),
});

function fastTokenizer(file: CheckpointFile | undefined): CheckpointFile {
  return {
    name: TOKENIZER_CONFIG,
    async read() {
      const own = file ? (parseJson(new TextDecoder().decode(await file.read())) as object) : {};
      return new TextEncoder().encode(
        `${JSON.stringify({ ...own, tokenizer_class: 'PreTrainedTokenizerFast' }, null, 2)}\n`,
      );
    },
  };
}
