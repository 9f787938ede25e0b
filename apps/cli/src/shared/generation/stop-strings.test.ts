import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopStrings } from './stop-strings.js';

function ended(parts: readonly string[], stops: readonly string[]): { text: string; stopped: boolean } {
  const stopping = new StopStrings(stops);
  const text = parts.map((part) => stopping.push(part)).join('');
  return { text: text + stopping.rest(), stopped: stopping.stopped };
}

describe('StopStrings', () => {
  it('gives what is certain, and holds back what may begin a stop string', () => {
    const stopping = new StopStrings(['\n\n', 'END']);
    expect(['a', '\n', 'b', 'E', 'N', 'D', 'c'].map((part) => stopping.push(part))).toEqual([
      ...['a', '', '\nb', '', '', '', ''],
    ]);
    expect(stopping.stopped).toBe(true);
    expect(stopping.rest()).toBe('');
  });

  it('gives back at the end what began a stop string and was none', () => {
    expect(ended(['a', 'EN'], ['END'])).toEqual({ text: 'aEN', stopped: false });
  });

  const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 24 }).map((all) => all.join(''));
  const stops = fc.array(
    text.filter((stop) => stop !== '' && stop.length < 5),
    { maxLength: 3 },
  );

  it('ends before the string that is complete first, however the text is divided', () => {
    fc.assert(
      fc.property(text, stops, fc.array(fc.nat(24), { maxLength: 6 }), (whole, strings, cuts) => {
        let expected = { text: whole, stopped: false };
        for (let end = 1; end <= whole.length && !expected.stopped; end++) {
          const complete = strings.filter((stop) => whole.slice(0, end).endsWith(stop));
          const longest = Math.max(...complete.map(({ length }) => length));
          if (complete.length > 0) expected = { text: whole.slice(0, end - longest), stopped: true };
        }
        const places = [0, ...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length];
        const parts = places.slice(1).map((place, i) => whole.slice(places[i], place));
        expect(ended(parts, strings)).toEqual(expected);
      }),
    );
  });
});
