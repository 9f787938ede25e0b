import { parseSettings } from '@grasp/prune';
import { describe, expect, it } from 'vitest';
import { checkTexts } from './contest-data.js';
import { officialArguments, officialFamily } from './official-arguments.js';
import { parsePerplexities } from './run-official.js';

describe('settings as arguments of the paper’s code', () => {
  it('have its names', () => {
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
  ])('throw for a setting that it does not support: %j', (settings) => {
    expect(() => officialArguments(parseSettings(settings))).toThrow("the paper's code does not support");
  });

  it('throw for a text that its evaluator does not support', () => {
    expect(() => checkTexts([{ name: 'wikitext2' }, { name: 'own', path: 'a.txt' }])).toThrow(
      "--text own: the paper's evaluator does not support this text. Supported: wikitext2, ptb, c4.",
    );
  });

  it('have the family of the model', () => {
    expect(['llama', 'qwen3', 'mistral', undefined].map(officialFamily)).toEqual([
      'llama',
      'qwen',
      'auto',
      'auto',
    ]);
  });
});

describe('what the paper’s evaluator printed', () => {
  it('is parsed for all releases of numpy', () => {
    const output = "…\nPPL results: {'wikitext2': 12.1824, 'ptb': np.float64(123.0), 'c4': inf}\n";
    expect(parsePerplexities(output)).toEqual({ wikitext2: 12.1824, ptb: 123, c4: Infinity });
  });

  it('throws if it has no perplexities', () => {
    expect(() => parsePerplexities('killed')).toThrow('printed no perplexities');
  });
});
