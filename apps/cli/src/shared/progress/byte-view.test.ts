import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { byteView } from './byte-view.js';

it('shows a bar again after it was stopped, also for the same label', () => {
  const screen = Object.assign(new PassThrough(), {
    isTTY: true,
    columns: 80,
    cursorTo() {},
    clearLine() {},
  });
  const view = byteView({ screen: screen as unknown as NodeJS.WriteStream, note() {} });
  const shown = () => String(screen.read() ?? '');
  view.show('downloading tiny', 0, 100);
  expect(shown()).toContain('downloading tiny');
  view.stop();
  shown();
  view.show('downloading tiny', 50, 100);
  expect(shown()).toContain('downloading tiny');
  view.stop();
});

it('writes a line again after it was stopped', () => {
  const lines: string[] = [];
  const view = byteView({ screen: undefined, note: (line) => lines.push(line) });
  view.show('downloading tiny', 0, 1024);
  view.show('downloading tiny', 1, 1024);
  view.stop();
  view.show('downloading tiny', 0, 1024);
  expect(lines).toEqual(['downloading tiny (1.0 KiB)', 'downloading tiny (1.0 KiB)']);
});
