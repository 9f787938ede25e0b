import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { errorWithoutSecrets, withoutSecrets } from './secrets.js';

describe('withoutSecrets', () => {
  it('hides passwords, queries, tokens of the Hub and what it is told', () => {
    const text =
      'GET https://me:pass@index.example/simple/ failed; https://s3.example/a?X-Amz-Signature=abc: 403. hf_AbC123 and s3cr3t';
    expect(withoutSecrets(text, ['s3cr3t', undefined, ''])).toBe(
      'GET https://***@index.example/simple/ failed; https://s3.example/a?***: 403. hf_*** and ***',
    );
  });

  it('leaves other text alone', () => {
    const text = 'Is it at https://huggingface.co/a/b? See hf_, or mail a@b.';
    expect(withoutSecrets(text)).toBe(text);
  });
});

it('errorWithoutSecrets hides them in messages, stacks and causes, and leaves out what libraries attach', () => {
  const url = 'https://me:pass@index.example/a?X-Amz-Signature=abc';
  const inner = Object.assign(new TypeError(`Failed to parse URL from ${url}`), {
    code: 'ERR_INVALID_URL',
    input: url,
  });
  const outer = Object.assign(new Error(`GET ${url} failed`, { cause: inner }), {
    request: { headers: 's3cr3t' },
    url,
  });
  const copy = errorWithoutSecrets(outer, ['s3cr3t']);
  expect(inspect(copy, { depth: 9, showHidden: true })).not.toMatch(/pass|abc|s3cr3t/);
  expect(copy).toMatchObject({
    message: 'GET https://***@index.example/a?*** failed',
    cause: { name: 'TypeError', code: 'ERR_INVALID_URL' },
  });
  expect(errorWithoutSecrets('hf_AbC123')).toBe('hf_***');
});
