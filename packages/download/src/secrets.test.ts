import { describe, expect, it } from 'vitest';
import { withoutSecrets } from './secrets.js';

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
