import { describe, expect, it } from 'vitest';
import { ggufMetadata } from '../header/metadata.js';
import type { GgufValue } from '../header/read-header.js';
import { ggufReadme } from './read-readme.js';

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

  it('quotes what YAML would read as something else', () => {
    expect(
      readme({ 'general.license': 'mit\nbase_model: "other": #1', 'general.languages': ['no', 'a, b'] }),
    ).toBe('---\nlicense: "mit\\nbase_model: \\"other\\": #1"\nlanguage: ["no", "a, b"]\n---\n');
    expect(readme({ 'general.license': '\u0085\ufeff' })).toBe('---\nlicense: "\\u0085\\ufeff"\n---\n');
  });
});
