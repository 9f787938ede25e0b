import { parseSettings } from '@grasp/prune';
import { describe, expect, it } from 'vitest';
import { checkTexts } from './contest-data.js';
import { officialArguments, officialFamily } from './official-arguments.js';
import { parsePerplexities } from './run-official.js';

describe('settings as arguments of the paper’s code', () => {
  it('go by its names', () => {
    const args = officialArguments(
      parseSettings({
        budget: { keep: 0.4 },
        optimizer: { learningRate: 0.02 },
        projection: { rule: 'exact' },
      }),
    );
    expect(args.join(' ')).toContain('--keep-ratio 0.4');
    expect(args.join(' ')).toContain('--lr 0.02 --rescale-lr 0.02');
  });

  it.each([
    { seed: 7 },
    { budget: { params: 1000, keep: 0.5 } },
    { method: 'grasp+' },
    { projection: { layout: 'uniform' } },
  ])('refuse what it cannot be told: %j', (settings) => {
    expect(() => officialArguments(parseSettings(settings))).toThrow("The paper's code cannot be told");
  });

  it('refuse a text that it does not measure', () => {
    expect(() => checkTexts([{ name: 'wikitext2' }, { name: 'own', path: 'a.txt' }])).toThrow(
      'measures no text own; it has wikitext2, ptb, c4',
    );
  });

  it('name the family', () => {
    expect(['llama', 'qwen3', 'mistral', undefined].map(officialFamily)).toEqual([
      'llama',
      'qwen',
      'auto',
      'auto',
    ]);
  });
});

describe('what the paper’s evaluator printed', () => {
  it('is read whatever the release of numpy', () => {
    const output = "…\nPPL results: {'wikitext2': 12.1824, 'ptb': np.float64(123.0), 'c4': inf}\n";
    expect(parsePerplexities(output)).toEqual({ wikitext2: 12.1824, ptb: 123, c4: Infinity });
  });

  it('is missed when it is not there', () => {
    expect(() => parsePerplexities('killed')).toThrow('printed no perplexities');
  });
});
