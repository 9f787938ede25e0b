import { fc, it } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { parsePythonJson, stringifyLike } from './json-text.js';

describe('stringifyLike', () => {
  it.prop([fc.jsonValue()])('writes what JSON.stringify writes', (value) => {
    const text = JSON.stringify(value, null, 2);
    expect(stringifyLike(JSON.parse(text), text)).toBe(text);
  });

  it('keeps the text of every number that did not change', () => {
    const text = `{
  "rope_theta": 10000.0,
  "rms_norm_eps": 1e-05,
  "attention_dropout": 0.0,
  "big": 1000000000000000019884624838656,
  "list": [
    1.0,
    2
  ],
  "odd": NaN,
  "low": -Infinity,
  "text": "1.0 \\"2.0\\" NaN",
  "zero": -0.0
}`;
    expect(stringifyLike(parsePythonJson(text), text)).toBe(text);
  });

  it('writes a changed number anew, and one that moved as it was', () => {
    const text = '{"width": 8.0, "rope_parameters": {"rope_theta": 500000.0}}';
    expect(JSON.stringify(stringifyLike({ rope_theta: 500000, width: 4 }, text))).toBe(
      JSON.stringify('{\n  "rope_theta": 500000.0,\n  "width": 4\n}'),
    );
  });

  it('writes the fields that Python reads as floats as floats', () => {
    expect(stringifyLike({ rope_theta: 10000, hidden_size: 64, final_logit_softcapping: 30 })).toBe(
      '{\n  "rope_theta": 10000.0,\n  "hidden_size": 64,\n  "final_logit_softcapping": 30.0\n}',
    );
  });
});

describe('parsePythonJson', () => {
  it('reads NaN and infinities outside strings alone', () => {
    expect(parsePythonJson('{"a":NaN,"b":[Infinity,-Infinity],"c":"NaN \\" Infinity"}')).toEqual({
      a: Number.NaN,
      b: [Infinity, -Infinity],
      c: 'NaN " Infinity',
    });
    expect(() => parsePythonJson('{"a":NaNa}')).toThrow(SyntaxError);
    expect(() => parsePythonJson('{NaN:1}')).toThrow(SyntaxError);
  });
});
