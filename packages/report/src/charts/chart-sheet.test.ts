import { expect, it } from 'vitest';
import { chartSheet } from './chart-sheet.js';
import { lineChart } from './line-chart.js';

it('places charts in rows, and defines every colour that they use', () => {
  const chart = lineChart([{ name: 'a', points: [{ x: 1, y: 2 }] }], { x: 'x', y: 'y' });
  const sheet = chartSheet([chart, chart, chart], { title: 'two & three', columns: 2 });
  expect(sheet).toContain('viewBox="0 0 800 500"');
  expect(sheet).toContain('<title>two &#38; three</title>');
  expect(sheet).toContain('translate(0 250)');
  for (const [, color] of sheet.matchAll(/var\((--[a-z0-9-]+)\)/g)) expect(sheet).toContain(`${color}:`);
});
