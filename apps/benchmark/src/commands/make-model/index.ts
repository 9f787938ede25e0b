import { Command, Option } from '@commander-js/extra-typings';
import { writeCheckpoint } from '@grasp/checkpoint';
import { decoderConfig, parameterCounts } from '@grasp/decoder';
import { formatItems } from '@grasp/report/format';
import { randomCheckpoint } from '../../shared/models/random-checkpoint.js';
import { SHAPES, type ShapeName, shapeOf } from '../../shared/models/shapes.js';
import { count, vocabularySize } from '../../shared/options/option-values.js';

export const makeModelCommand = () =>
  new Command()
    .addOption(
      new Option('--like <name>', 'published model whose shape is used')
        .choices(Object.keys(SHAPES) as ShapeName[])
        .default('llama-2-7b' as ShapeName),
    )
    .option('--layers <n>', 'number of layers (default: that of the model)', count)
    .option(
      '--vocabulary <n>',
      'tokens in the vocabulary, at least 256 (default: that of the model)',
      vocabularySize,
    )
    .option(
      '--type <name>',
      'model type of the config, to compare types at one shape (default: that of the model)',
    )
    .requiredOption('--out <folder>', 'output folder; must be empty or not exist')
    .option('--shard-bytes <n>', 'maximum size of a file', count, 2e9)
    .option('--seed <n>', 'seed of the weights', count, 1)
    .action(async ({ like, layers, vocabulary, type: modelType, out, shardBytes, seed }) => {
      const config = shapeOf(like, { layers, vocabulary, modelType });
      await writeCheckpoint(randomCheckpoint(config, seed), out, { shardBytes });
      const { total } = parameterCounts(decoderConfig(config));
      console.log(
        `${out}: ${config.model_type}, ${like}, ${formatItems(Number(config.num_hidden_layers), 'layer')}, ${(total / 1e6).toFixed(0)}M parameters`,
      );
    });
