import { type Checkpoint, openCheckpoint } from '@grasp/checkpoint';
import { checkWeights, type DecoderConfig, decoderConfig } from '@grasp/decoder';
import { checkTokenizerFits, loadTokenizer, type Tokenizer } from '@grasp/tokenizer';

/** A model opened for work, its weights still on disk. */
export interface OpenModel {
  readonly checkpoint: Checkpoint;
  readonly config: DecoderConfig;
  readonly tokenizer: Tokenizer;
}

/** Opens a model with its tokenizer, hands it to `work`, and closes it whatever happens. */
export async function withModel<Result>(
  path: string,
  work: (model: OpenModel) => Promise<Result>,
): Promise<Result> {
  const checkpoint = await openCheckpoint(path);
  try {
    const config = decoderConfig(checkpoint.config);
    checkWeights(checkpoint, config); // before a gigabyte of them is read
    const tokenizer = await loadTokenizer(checkpoint);
    checkTokenizerFits(tokenizer, config.vocabSize);
    return await work({ checkpoint, config, tokenizer });
  } finally {
    await checkpoint.close();
  }
}
