import { expect, it } from 'vitest';
import { htmlPage } from './html-page.js';

/** Relative luminance of #rrggbb (WCAG 2.2). */
function luminance(color: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

it('has text that can be read, in light and in dark', () => {
  const schemes = [...htmlPage({ title: '', body: '' }).matchAll(/:root\{([^}]*)\}/g)].map(([, rules]) =>
    Object.fromEntries(
      [...rules!.matchAll(/--([\w-]+):(#\w+)/g)].map(([, name, value]) => [name, hex(value!)]),
    ),
  );
  expect(schemes).toHaveLength(2);
  for (const scheme of schemes) {
    for (const name of ['text', 'soft', 'series-0', 'series-1', 'series-2', 'series-3']) {
      for (const ground of ['ground', 'panel'])
        expect(contrast(scheme[name]!, scheme[ground]!), `${name} on ${ground}`).toBeGreaterThanOrEqual(4.5);
    }
  }
});

/** #fff → #ffffff */
const hex = (color: string) => (color.length === 4 ? color.replace(/\w/g, '$&$&') : color);
