import { type Checkpoint, openCheckpoint } from '@grasp/checkpoint';
import { checkWeights, configOf, type DecoderConfig } from '@grasp/decoder';
import { checkTokenizerFits, loadTokenizer, type Tokenizer } from '@grasp/tokenizer';

/** An open model. Its weights are still on disk. */
export interface OpenModel {
  readonly checkpoint: Checkpoint;
  readonly config: DecoderConfig;
  readonly tokenizer: Tokenizer;
}

/** Opens a model and its tokenizer, calls `work`, and closes the model in any case. */
export async function withModel<Result>(
  path: string,
  work: (model: OpenModel) => Promise<Result>,
): Promise<Result> {
  const checkpoint = await openCheckpoint(path);
  try {
    const config = configOf(checkpoint);
    checkWeights(checkpoint, config); // from the headers, before any weight is read
    const tokenizer = await loadTokenizer(checkpoint);
    checkTokenizerFits(tokenizer, config.vocabSize);
    return await work({ checkpoint, config, tokenizer });
  } finally {
    await checkpoint.close();
  }
}
