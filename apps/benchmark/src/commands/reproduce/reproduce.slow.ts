import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { openEngine, parseSettings } from '@grasp/prune';
import { tinyLlama, tinyText } from '@grasp/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPlan } from './plan/plan.js';
import type { ReproduceOptions } from './plan/run-context.js';
import { htmlReport } from './report/html.js';
import { markdownReport } from './report/markdown.js';
import type { Report } from './report/report.js';
import { reproduce } from './reproduce.js';

let folder: string;
const said: string[] = [];
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-reproduce-'));
  await writeCheckpoint(tinyLlama(), at('model'));
  await writeFile(at('text.txt'), tinyText);
  const items = [
    { goal: 'Open a jar', sol1: 'twist the lid', sol2: 'shout at it', label: 0 },
    { goal: 'Boil water', sol1: 'wait', sol2: 'heat it', label: 1 },
  ];
  await writeFile(at('piqa.validation.jsonl'), items.map((item) => JSON.stringify(item)).join('\n'));
});
afterAll(() => rm(folder, { recursive: true }));

const options = (changes: Partial<ReproduceOptions> = {}): ReproduceOptions => {
  const text = { name: 'wikitext2', path: at('text.txt') };
  return {
    model: at('model'),
    keep: [0.6],
    suites: ['table', 'scales'],
    settings: parseSettings({
      projection: { rule: 'paper' },
      gates: { epochs: 1 },
      text: { blocks: 4, length: 32 },
    }),
    calib: [text],
    scaleCalib: text,
    texts: [text],
    tasks: ['piqa', 'arc_easy'],
    data: folder,
    windows: 2,
    out: at('out'),
    openEngine: () => openEngine({ backend: 'wasm' }),
    say: (line) => said.push(line),
    ...changes,
  };
};

async function lastReport(changes: Partial<ReproduceOptions> = {}): Promise<Report> {
  let last: Report | undefined;
  await reproduce(options(changes), async (report) => {
    last = report;
  });
  return last!;
}

describe('reproduce', () => {
  let report: Report;
  beforeAll(async () => {
    report = await lastReport();
  });

  it('has a row for the dense model and for each pruned model', () => {
    expect(report.rows.map(({ subject }) => subject.name)).toEqual([
      'dense',
      'keep-0.6',
      'keep-0.6-unscaled',
    ]);
    expect(report.rows[1]?.kept).toBeGreaterThan(0.3);
    const values = report.rows.map(({ cells }) => cells[0]?.measured?.value);
    expect(new Set(values).size).toBe(3);
    expect(report.paper).toBeUndefined();
  });

  it('lists what could not be measured, and continues', () => {
    expect(report.missing.length).toBe(1);
    expect(report.missing[0]).toContain('arc_easy');
    expect(report.rows[0]?.cells.find(({ metric }) => metric.key === 'piqa')?.measured?.value).toBeDefined();
  });

  it('does not repeat finished cells or open an engine for them', async () => {
    const openEngine = () => Promise.reject(new Error('there is nothing to compute'));
    const times = async () => {
      const names = await readdir(join(at('out'), 'cells'));
      return Promise.all(
        names.sort().map(async (name) => [name, (await stat(join(at('out'), 'cells', name))).mtimeMs]),
      );
    };
    const before = await times();
    said.length = 0;
    expect(await lastReport({ openEngine })).toEqual(report);
    expect(report.engine).toContain('WASM');
    expect(said).toEqual([]);
    expect(await times()).toEqual(before);
  });

  it('resumes where it stopped, and computes damaged cells again', async () => {
    const cells = await readdir(join(at('out'), 'cells'));
    const pathOf = (start: string) => join(at('out'), 'cells', cells.find((name) => name.startsWith(start))!);
    await rm(pathOf('keep-0.6-piqa'));
    const truncated = await readFile(pathOf('dense-wikitext2'), 'utf8');
    await writeFile(pathOf('dense-wikitext2'), truncated.slice(0, truncated.length / 2));
    await writeFile(pathOf('dense-piqa'), '{"seconds": 1, "value": {"acc": null}}');
    await writeFile(pathOf('keep-0.6-unscaled-wikitext2'), '{"seconds": 1, "value": {"value": null}}');
    said.length = 0;
    expect(await lastReport()).toEqual(report);
    expect(said).toEqual([
      'dense: perplexity on wikitext2',
      'dense: piqa',
      'keep-0.6: piqa',
      'keep-0.6-unscaled: perplexity on wikitext2',
    ]);
  });

  it('lists rows whose budget cannot be met: KV groups alone', async () => {
    const { rows, missing } = await lastReport({ suites: ['kinds'], tasks: [], out: at('kinds') });
    expect(rows.map(({ subject }) => subject.title)).toEqual([
      'dense',
      'keep 0.6, exact, FFN only, without scales',
      'keep 0.6, exact, FFN and KV, without scales',
    ]);
    expect(missing[0]).toMatch(/^keep 0\.6, exact, KV only.*budget/);
  });

  it('reports in Markdown and HTML, without columns of the paper', async () => {
    const markdown = markdownReport(report);
    expect(markdown).toContain('| WikiText-2 |');
    expect(markdown).not.toContain('difference |');
    const html = htmlReport(report);
    expect(html).toContain('<svg');
    expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
  });

  it('throws for a ratio below the floor before any work', async () => {
    const settings = parseSettings({ projection: { rule: 'exact' } });
    await expect(lastReport({ keep: [0.001], settings, out: at('none') })).rejects.toMatchObject({
      code: expect.stringContaining('GRASP_BUDGET'),
    });
    expect(await readFile(at('none')).catch((error) => error.code)).toBe('ENOENT');
  });
});

it('reads conversations by the chat template, and counts the loss on replies alone where asked to', async () => {
  const template = '{% for m in messages %}<{{ m.role }}>{{ m.content }}$\n{% endfor %}';
  const model = tinyLlama();
  const config = new TextEncoder().encode(JSON.stringify({ chat_template: template }));
  const files = [...model.files, { name: 'tokenizer_config.json', read: async () => config }];
  await writeCheckpoint({ ...model, files }, at('chatty'));
  const talk = Array.from({ length: 8 }, (_, i) => ({ prompt: `What is ${i}?`, completion: `It is ${i}.` }));
  await writeFile(at('chat.jsonl'), talk.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const text = { name: 'wikitext2', path: at('chat.jsonl') };
  for (const lossOn of ['all', 'replies'] as const) {
    const settings = parseSettings({ text: { blocks: 2, length: 64, lossOn } });
    const plan = await openPlan(options({ model: at('chatty'), settings, calib: [text], scaleCalib: text }));
    const { gateBlocks } = (await plan.pruning(plan.subjects[1]!))!;
    expect(gateBlocks.description).toContain('by the chat template');
    expect(gateBlocks.lossMask !== undefined).toBe(lossOn === 'replies');
    await plan.close();
  }
});
