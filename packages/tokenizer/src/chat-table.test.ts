import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { compileTemplate } from './template/render.js';

interface Message {
  readonly role: string;
  readonly content: string;
}

/** What transformers renders, null where it fails. `test/python/chat_templates.py` makes it. */
const table: {
  readonly special: Readonly<Record<string, string>>;
  readonly conversations: Readonly<Record<string, readonly Message[]>>;
  readonly templates: readonly {
    readonly name: string;
    readonly template: string;
    readonly expected: Readonly<Record<string, string | null>>;
  }[];
  readonly statements: readonly {
    readonly name: string;
    readonly template: string;
    readonly expected: string | null;
  }[];
  readonly expressions: readonly { readonly expression: string; readonly expected: string | null }[];
} = JSON.parse(await readFile(new URL('../test/chat-templates.json', import.meta.url), 'utf8'));

/** The text, or null if the template is refused. */
function rendered(template: string, messages: readonly Message[]): string | null {
  const context = { ...table.special, messages, tools: null, documents: null, add_generation_prompt: true };
  try {
    return compileTemplate(template)(context);
  } catch (error) {
    if (error instanceof Error && error.name === 'TemplateFailure') return null;
    throw error;
  }
}

describe('a chat template', () => {
  const cases = table.templates.flatMap(({ name, template, expected }) =>
    Object.entries(expected).map(([turns, text]) => ({ name, turns, template, text })),
  );

  it.each(cases)('gives the text of transformers: $name, $turns', ({ template, turns, text }) => {
    expect(rendered(template, table.conversations[turns]!)).toBe(text);
  });

  const turns = table.conversations.turns!;
  const single = [
    ...table.statements.map(({ name, template, expected }) => ({ name, template, expected })),
    ...table.expressions.map(({ expression, expected }) => ({
      name: expression,
      template: `{{ ${expression} }}`,
      expected,
    })),
  ];

  it('gives the text of transformers for each construct, or refuses it', () => {
    const other = single.flatMap(({ name, template, expected }) => {
      const text = rendered(template, turns);
      return text === null || text === expected ? [] : [{ name, text, expected }];
    });
    expect(other).toEqual([]);
  });

  it('refuses few constructs that transformers renders', () => {
    const refused = single.filter(
      ({ template, expected }) => expected !== null && rendered(template, turns) === null,
    );
    expect(refused.length).toBeLessThan(95);
  });
});
