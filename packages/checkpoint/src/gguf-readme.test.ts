import { describe, expect, it } from 'vitest';
import type { GgufValue } from './gguf-header.js';
import { ggufMetadata } from './gguf-metadata.js';
import { ggufReadme } from './gguf-readme.js';

const readme = (values: Readonly<Record<string, GgufValue>>) => {
  const header = { version: 3, metadata: new Map(Object.entries(values)), tensors: new Map() };
  return ggufReadme(ggufMetadata(header, 'x.gguf'));
};

describe('ggufReadme', () => {
  it('says what the metadata say of licence, languages and origin', () => {
    expect(
      readme({
        'general.license': 'other',
        'general.license.name': 'llama3.1',
        'general.license.link': 'https://example.org/LICENSE',
        'general.languages': ['en', 'de'],
        'general.repo_url': 'https://huggingface.co/org/model-GGUF',
        'general.source.repo_url': 'https://huggingface.co/org/model',
      }),
    ).toBe(
      '---\nlicense: other\nlicense_name: llama3.1\nlicense_link: https://example.org/LICENSE\n' +
        'language: [en, de]\nbase_model: org/model\n---\n',
    );
  });

  it('is not there where they say nothing', () => {
    expect(readme({ 'general.name': 'x', 'general.repo_url': 'https://example.org/x' })).toBeUndefined();
  });

  it('keeps a value on its line', () => {
    expect(readme({ 'general.license': 'mit\nbase_model: other/model' })).toBe(
      '---\nlicense: mit base_model: other/model\n---\n',
    );
  });
});
