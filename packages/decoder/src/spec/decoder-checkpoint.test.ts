import { stringifyLike } from '@grasp/checkpoint';
import { expect, it } from 'vitest';
import { architectureFixture } from '../../test/architecture-fixtures.js';
import { decoderCheckpoint } from './decoder-checkpoint.js';

it('keeps the text of the numbers of a language model that is part of another model', async () => {
  const { checkpoint } = await architectureFixture('gemma3-nested');
  const { config, configText } = decoderCheckpoint(checkpoint);
  const text = stringifyLike(config, configText);
  expect(text).toContain('"attention_dropout": 0.0,');
  expect(text).toContain('"rms_norm_eps": 1e-06,');
  await checkpoint.close();
});
