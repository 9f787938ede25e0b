import { readFileSync } from 'node:fs';
import { type ChatPrompt, chatPrompt } from '@grasp/tokenizer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseModelfile, renderGo } from '../../test/go-template.js';
import { ChatFormError, type ChatMessage, conversationForm, inForm } from './conversation-form.js';
import { modelfile } from './modelfile.js';

/** Templates of many models, with what transformers renders. */
const { templates, special } = JSON.parse(
  readFileSync(new URL('../../../tokenizer/test/chat-templates.json', import.meta.url), 'utf8'),
) as { templates: { name: string; template: string }[]; special: Record<string, string> };
const bos = special.bos_token ?? special.bos;
const promptOf = (template: string): ChatPrompt =>
  chatPrompt({
    special: { bos: bos ?? '<s>', eos: special.eos_token ?? '</s>' },
    ends: [],
    chatTemplate: template,
  })!;

/** Text as Ollama renders it from a Modelfile. */
function byOllama(file: string, messages: readonly ChatMessage[]): string {
  const [template] = parseModelfile(file).get('TEMPLATE')!;
  return renderGo(template!, {
    Messages: messages.map(({ role, content }) => ({ Role: role, Content: content })),
  });
}

const words = fc.string({ minLength: 1, maxLength: 12 }).filter((text) => text.trim() === text);
const turns = fc
  .array(words, { minLength: 1, maxLength: 5 })
  .map((contents) =>
    contents
      .slice(0, contents.length - ((contents.length + 1) % 2))
      .map((content, i): ChatMessage => ({ role: i % 2 === 0 ? 'user' : 'assistant', content })),
  );

const about = { file: 'model.gguf', stops: ['<|im_end|>'], parameters: { temperature: 0.7 } };

describe('a Modelfile', () => {
  const refused: string[] = [];
  it.each(templates)('renders as "$name", or is refused with the reason', async ({ name, template }) => {
    const render = promptOf(template);
    let form: Awaited<ReturnType<typeof conversationForm>>;
    try {
      form = await conversationForm(render);
    } catch (error) {
      expect(error).toBeInstanceOf(ChatFormError);
      refused.push(name);
      return;
    }
    const file = modelfile({ ...about, form });
    await fc.assert(
      fc.asyncProperty(turns, fc.option(words), async (messages, system) => {
        const all: ChatMessage[] =
          system !== null && form.system ? [{ role: 'system', content: system }, ...messages] : messages;
        expect(byOllama(file, all)).toBe(inForm(form, all));
        if (!all.some(({ content }) => content.includes('think')))
          expect(byOllama(file, all)).toBe(await render(all));
      }),
      { numRuns: 30 },
    );
  });

  it('is written for all templates but those that write earlier messages in another way', () => {
    expect(refused).toEqual(['inst v3', 'message objects', 'neighbours', 'whitespace', 'words']);
  });

  it('says what a template does that a form cannot', async () => {
    const counting = promptOf('{% for m in messages %}{{ loop.index }}{{ m.content }}{% endfor %}');
    await expect(conversationForm(counting)).rejects.toThrow('does not follow from that of shorter ones');
    const silent = promptOf('{{ messages|length }}');
    await expect(conversationForm(silent)).rejects.toThrow('does not write each message once');
  });

  it('has the file, stops and parameters', async () => {
    const form = await conversationForm(
      promptOf('{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant:'),
    );
    const file = modelfile({ ...about, stops: ['<|im_end|>', '<|im_end|>', 'a"b'], form });
    const found = parseModelfile(file);
    expect(found.get('FROM')).toEqual(['./model.gguf']);
    expect(found.get('PARAMETER stop')).toEqual(['<|im_end|>', 'a"b']);
    expect(found.get('PARAMETER temperature')).toEqual(['0.7']);
    expect(byOllama(file, [{ role: 'user', content: '{{ "x" }}' }])).toBe('user: {{ "x" }}\nassistant:');
  });

  it('continues text where the model has no template', () => {
    const [template] = parseModelfile(modelfile({ ...about, form: undefined })).get('TEMPLATE')!;
    expect(renderGo(template!, { Prompt: 'Once' })).toBe('Once');
  });
});
