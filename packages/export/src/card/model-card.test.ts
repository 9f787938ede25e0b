import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decoderConfig } from '@grasp/decoder';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonFiles, madeUpModel, masks, prunedBy } from '../../test/made-up-model.js';
import { type CardRecord, modelCard, originOf } from '../index.js';

const text = (description: string) => ({
  fingerprint: 'ab'.repeat(32),
  description,
  shape: [128, 512] as const,
});
const record: CardRecord = {
  model: '/home/somebody/models/SmolLM2-135M-Instruct.Q4_1.gguf',
  versions: { grasp: '1.2.3' },
  settings: Object.assign(
    { choice: 'gates', refit: { mode: 'none' }, scales: { targets: 'units', epochs: 1 } },
    { budget: { keep: 0.5 }, gates: { epochs: 4 } },
  ),
  data: {
    gates: text('first 128 rows of /home/somebody/wiki/valid.txt (rows: lines); rows joined by "\\n\\n"'),
    scales: text('Salesforce/wikitext wikitext-2-raw-v1 validation (column text)'),
    evaluation: { 'wiki.test': text('C:\\Users\\somebody\\wiki.test.raw') },
  },
  budgets: [
    { name: 'prunable cost in FFN channels', limit: 30720, kept: 30719.5, total: 61440 },
    { name: 'parameters', limit: 82_000_000, kept: 81_430_000, total: 134_515_008 },
  ],
  before: { parameters: 134_515_008, prunableParameters: 106_168_320, kvCacheBytesPerToken: 23_040 },
  after: { parameters: 81_430_000, prunableParameters: 53_083_000, kvCacheBytesPerToken: 20_736 },
  perplexity: {
    dense: { 'wiki.test': 19.04 },
    masked: { 'wiki.test': 130 },
    calibrated: { 'wiki.test': 88.5 },
  },
};
const shapes = (mask: string) =>
  decoderConfig(prunedBy(madeUpModel({ model_type: 'llama' }), masks[mask]!).config);
const differing = shapes('about half');
const uniform = shapes('one shape');
const misfit = shapes('one shape, heads not dividing the hidden size');

describe('modelCard', () => {
  it('says what was asked, met and measured', () => {
    const card = modelCard(record, { name: 'SmolLM2-half', config: differing });
    expect(card).toContain('# SmolLM2-half\n');
    expect(card).toContain('SmolLM2-135M-Instruct.Q4_1.gguf with 39.5% of its parameters removed');
    expect(card).toContain('| parameters | 134.5 M | 81.4 M |');
    expect(card).toContain('| perplexity, wiki.test | 19.04 | 88.50 |');
    expect(card).toContain(
      '| prunable cost in FFN channels | 61,440 | 30,720 (50.0%) | 30,719.5 (50.0%) |\n' +
        '| parameters | 134,515,008 | 82,000,000 (61.0%) | 81,430,000 (60.5%) |',
    );
    expect(card).toContain('`budget.keep` 0.5, `gates.epochs` 4');
  });

  it('tells of the method that was used, and of nothing else', () => {
    const made = (settings: Partial<CardRecord['settings']>) =>
      modelCard(
        { ...record, settings: { ...record.settings, ...settings } },
        { name: 'x', config: differing },
      );
    const paper = made({});
    expect(paper).toMatch(
      /a gate for each FFN channel .* is learned[^;]*;\nthen one scale for each unit that is left is/,
    );
    expect(paper).not.toMatch(/ranked|refitted|a norm is/);
    const plus = made({
      choice: 'importance',
      refit: { mode: 'sequential' },
      scales: { targets: 'units+norms', epochs: 1 },
    });
    expect(plus).toMatch(/ranked by the squared gradients[^;]*;\nthen the output matrices .* refitted/);
    expect(plus).toContain('for each entry of a norm is calibrated');
    expect(plus).not.toContain('is learned');
    const untuned = { targets: 'units', epochs: 0 };
    expect(made({ scales: untuned })).not.toContain('one scale');
    expect(paper).not.toMatch(/LoRA|distillation|FLAP|brain surgeon/);
    expect(made({ refit: { mode: 'bias' }, scales: untuned })).toMatch(
      /;\nthen the mean output .* as FLAP does\./,
    );
    const tuned = { lora: { rank: 16 }, distil: { weight: 0.75 } };
    expect(made(tuned)).toContain('with LoRA of rank 16 on all kept matrices');
    expect(made(tuned)).toContain('75% of the loss is distillation from the dense model');
    expect(made({ ...tuned, scales: untuned })).not.toMatch(/LoRA|distillation/);
    const obs = made({ choice: 'importance', importance: { within: 'obs' } });
    expect(obs).toMatch(
      /how many .* each layer keeps under one budget;\nthen optimal brain surgeon chooses them/,
    );
    expect(obs).not.toContain('in rounds');
  });

  it('names files without their folders, and data sets as they are called', () => {
    const card = modelCard(record, { name: 'x', config: differing });
    expect(card).not.toContain('somebody');
    expect(card).toContain('first 128 rows of valid.txt (rows: lines); rows joined by "\\n\\n"');
    expect(card).toContain('| wiki.test.raw |');
    expect(card).toContain('Salesforce/wikitext wikitext-2-raw-v1 validation');
  });

  it('tells how to load layers that differ, and layers of one shape', () => {
    const free = modelCard(record, { name: 'x', config: differing });
    expect(free).toContain('from_pretrained(folder, trust_remote_code=True)');
    expect(free).toContain('prune again with `--layout uniform`');
    const plain = modelCard(record, { name: 'x', config: uniform });
    expect(plain).not.toContain('trust_remote_code');
    expect(free).toContain('`vllm serve . --model-impl transformers --trust-remote-code`');
    expect(plain).toContain('`vllm serve .`');
    const same = modelCard(record, { name: 'x', config: { ...misfit, hiddenSize: 50 }, needsCode: true });
    expect(same).toContain('trust_remote_code=True');
    expect(same).toContain('All layers have one shape, but 6 heads do not divide the hidden size 50');
    expect(same).not.toMatch(/differ in width|--layout uniform/);
  });

  it('begins with front matter that carries licence and languages over', () => {
    const origin = {
      license: 'other',
      licenseName: 'llama3.1',
      licenseLink: 'LICENSE',
      languages: ['en', 'de'],
      baseModel: 'org/model',
    };
    const card = modelCard(record, { name: 'x', config: uniform, origin });
    expect(card.split('\n').slice(0, 9)).toEqual([
      '---',
      'license: other',
      'license_name: llama3.1',
      'license_link: LICENSE',
      'language:',
      '- en',
      '- de',
      'base_model: org/model',
      'library_name: transformers',
    ]);
    expect(card).toContain('That of the dense model: llama3.1 (LICENSE).');
    expect(modelCard(record, { name: 'x', config: uniform })).toContain('look it up before you share this');
  });
});

describe('a model card with unusual names', () => {
  it('has front matter and headings that read back', () => {
    const origin = {
      license: 'other',
      licenseName: 'a: "b" # c\nd',
      licenseLink: 'LICENSE: #1',
      languages: ['no'],
    };
    const card = modelCard(record, { name: 'x\n# y: "z"', config: uniform, origin });
    expect(card.split('\n').filter((line) => line.startsWith('# '))).toEqual(['# x # y: "z"']);
    const files = [{ name: 'README.md', read: async () => new TextEncoder().encode(card) }];
    return expect(originOf({ source: 'x', files })).resolves.toEqual(origin);
  });
});

describe('originOf', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'grasp-card-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const model = () => ({ ...madeUpModel({ model_type: 'llama' }), source: folder });

  it('is empty where nothing says', async () => {
    expect(await originOf(model())).toEqual({});
  });

  it('reads the front matter of README.md', async () => {
    await writeFile(
      join(folder, 'README.md'),
      '---\nlanguage: [en, "fr"]\nlicense: apache-2.0\nwidget:\n- text: x\n---\n# Model\nlicense: mit\n',
    );
    expect(await originOf(model())).toEqual({ license: 'apache-2.0', languages: ['en', 'fr'] });
    await writeFile(join(folder, 'README.md'), "---\nlanguage:\n  - en\nlicense: 'mit'\n---\n");
    expect(await originOf(model())).toEqual({ license: 'mit', languages: ['en'] });
  });

  it('takes what a GGUF file says of itself, and the name that the Hub has in its cache', async () => {
    const readme = '---\nlicense: mit\nbase_model: org/dense\n---\n';
    const files = [{ name: 'README.md', read: async () => new TextEncoder().encode(readme) }];
    expect(await originOf({ source: 'x.gguf', files })).toEqual({ license: 'mit', baseModel: 'org/dense' });
    const source = '/cache/models--org--some--model/snapshots/abc';
    expect(await originOf({ source, files: [] })).toEqual({ baseModel: 'org/some--model' });
  });

  it('falls back to a licence file', async () => {
    await writeFile(join(folder, 'README.md'), '# no front matter\n');
    const files = jsonFiles({ 'LICENSE.txt': '' });
    expect(await originOf({ ...model(), files })).toEqual({ license: 'other', licenseLink: 'LICENSE.txt' });
  });
});
