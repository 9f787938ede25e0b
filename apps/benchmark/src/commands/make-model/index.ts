import { Command, Option } from '@commander-js/extra-typings';
import { writeCheckpoint } from '@grasp/checkpoint';
import { decoderConfig, parameterCounts } from '@grasp/decoder';
import { count } from '../../shared/options/option-values.js';
import { randomCheckpoint } from '../../shared/models/random-checkpoint.js';
import { SHAPES, type ShapeName, shapeOf } from '../../shared/models/shapes.js';

export const makeModelCommand = () =>
  new Command('make-model')
    .description('write a model of a published shape with random bfloat16 weights, shard by shard')
    .addOption(
      new Option('--like <name>', 'whose shape it has')
        .choices(Object.keys(SHAPES) as ShapeName[])
        .default('llama-2-7b' as ShapeName),
    )
    .option('--layers <n>', 'how many layers (default: as many as that model)', count)
    .option(
      '--vocabulary <n>',
      'tokens of the vocabulary, from 256 on (default: as many as that model)',
      count,
    )
    .requiredOption('--out <folder>', 'where it goes')
    .option('--shard-bytes <n>', 'largest file', count, 2e9)
    .option('--seed <n>', 'of the weights', count, 1)
    .action(async ({ like, layers, vocabulary, out, shardBytes, seed }) => {
      const config = shapeOf(like, { layers, vocabulary });
      await writeCheckpoint(randomCheckpoint(config, seed), out, { shardBytes });
      const { total } = parameterCounts(decoderConfig(config));
      console.log(
        `${out}: ${like}, ${config.num_hidden_layers} layers, ${(total / 1e6).toFixed(0)}M parameters`,
      );
    });
