import { describe, expect, it } from 'vitest';
import { fixtureNames } from '../test/architecture-fixtures.js';
import { compareWithFolded } from '../test/compare-with-folded.js';
import { compareWithTransformers } from '../test/compare-with-transformers.js';
import { architectures } from './spec/architectures/index.js';

/** One model of each architecture. architectures.slow.ts takes all of them. */
const plain = architectures.map(
  ({ modelType }) => fixtureNames.find((name) => name.split('-')[0] === modelType) ?? modelType,
);

it('has a model of every architecture', () => {
  expect(fixtureNames).toEqual(expect.arrayContaining(plain));
});

describe('a model of each architecture', () => {
  compareWithTransformers(plain);
  compareWithFolded(plain);
});
