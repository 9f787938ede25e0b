import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { MODELS } from './catalogue/catalogue.js';
import { hubPage } from './fetch-model.js';

const page = readFileSync(new URL('../../../docs/models.md', import.meta.url), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| `'));

it.each(MODELS.map((model) => [model.name, model] as const))('docs/models.md describes %s', (name, model) => {
  const [row, wheels] = rows.filter((line) => line.startsWith(`| \`${name}\` |`));
  const { parameters, architecture, quantization, bytes, licence, parts } = model;
  const size = `${(bytes / 1e6).toFixed(0)} MB`;
  expect(row).toContain(
    `| ${parameters} | ${architecture} | ${quantization} | ${size} | [${licence.name}](${licence.url}) |`,
  );
  expect(row).toContain(`](${hubPage(model)})`);
  const [first, last] = [parts[0]!.wheel, parts.at(-1)!.wheel];
  const names = parts.length === 1 ? '' : ` to \`${/-part\d+$/.exec(last.package)}\``;
  expect(wheels).toContain(`| \`${first.package}\`${names} ${first.version} |`);
});
