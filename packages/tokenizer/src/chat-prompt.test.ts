import { describe, expect, it } from 'vitest';
import { chatPrompt } from './index.js';

describe('chatPrompt', () => {
  it('makes a prompt of a conversation', () => {
    const chatTemplate = '{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}';
    const prompt = chatPrompt({ special: { bos: '#' }, ends: [], chatTemplate });
    expect(prompt?.([{ role: 'user', content: 'Hi' }])).toBe('#[user]Hi');
  });

  it('is none where there is no template', () => {
    expect(chatPrompt({ special: {}, ends: [] })).toBeUndefined();
  });

  it('names what a template refuses', () => {
    expect(() => chatPrompt({ special: {}, ends: [], chatTemplate: '{% if %}' })).toThrow(/chat template/);
  });
});
