import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decoderConfig, LAYER_SHAPES_KEY } from '@grasp/decoder';
import { parseJson } from '@grasp/files';
import * as z from 'zod';
import { OfficialError } from './official-error.js';

const metaSchema = z.object({
  layers: z.array(
    z.object({
      ffn_intermediate_size: z.int(),
      num_heads: z.int(),
      num_key_value_heads: z.int(),
      head_dim: z.int(),
    }),
  ),
});

/** Files of a model that `train.py` wrote. */
export interface OfficialModel {
  readonly weights: string;
  readonly meta: string;
}

/**
 * Completes the output of `train.py`, which consists of weights and layer widths, to a checkpoint folder.
 *
 * @param config config.json of the dense model.
 * @throws OfficialError if a file is missing or malformed.
 */
export async function completeOfficialModel(
  folder: string,
  config: Readonly<Record<string, unknown>>,
): Promise<OfficialModel> {
  const model = { weights: join(folder, 'model.safetensors'), meta: join(folder, 'meta.json') };
  try {
    const { layers } = metaSchema.parse(parseJson(await readFile(model.meta, 'utf8')));
    await rename(join(folder, 'pruned_state_dict.safetensors'), model.weights);
    const shapes = layers.map(({ ffn_intermediate_size, num_heads, num_key_value_heads }) => ({
      intermediate_size: ffn_intermediate_size,
      num_attention_heads: num_heads,
      num_key_value_heads,
    }));
    const pruned = { ...config, head_dim: decoderConfig(config).headDim, [LAYER_SHAPES_KEY]: shapes };
    await writeFile(join(folder, 'config.json'), `${JSON.stringify(pruned, null, 2)}\n`);
  } catch (error) {
    throw new OfficialError(`train.py wrote no complete model to ${folder}: ${(error as Error).message}`);
  }
  return model;
}
