import { describe, expect, it } from 'vitest';
import { chatPrompt } from './index.js';

describe('chatPrompt', () => {
  it('makes a prompt of a conversation', async () => {
    const chatTemplate = '{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}';
    const prompt = chatPrompt({ special: { bos: '#' }, ends: [], chatTemplate });
    expect(await prompt?.([{ role: 'user', content: 'Hi' }])).toBe('#[user]Hi');
  });

  it('is none where there is no template', () => {
    expect(chatPrompt({ special: {}, ends: [] })).toBeUndefined();
  });

  it('names what a template refuses', () => {
    expect(() => chatPrompt({ special: {}, ends: [], chatTemplate: '{% if %}' })).toThrow(/chat template/);
  });

  const render = (chatTemplate: string, signal?: AbortSignal) =>
    chatPrompt({ special: {}, ends: [], chatTemplate })!([{ role: 'user', content: 'xxHixx' }], signal);
  const loop = '{% for a in range(9999999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}';
  const growing =
    '{% set n = namespace(l=[]) %}{% for a in range(99999) %}{% set n.l = n.l + n.l + [a] %}{% endfor %}';

  it.each([
    ["{{ messages[0].content.strip('x') }}", 'Hi'],
    ["{{ messages[0].content.lstrip('xH') }}", 'ixx'],
    ["{{ messages[0].content.rstrip('x')[:-1] }}", 'xxH'],
    ["{{ messages[0]['content'].strip('x').strip('i') }}", 'H'],
    ["{{ ' a '.strip() }}|{{ ' a '.lstrip(none) }}|", 'a|a |'],
    ["{% if messages[0].content.strip('x') == 'Hi' %}{{ 'yes' }}{% endif %}", 'yes'],
    ['{{ (0 - 7) % 3 }}{% if loop is defined or 4 % 2 == 0 %}even{% endif %}', '2even'],
    ['a\r\nb\rc\r\n', 'a\nb\nc'],
  ])('renders %j as Jinja2 does', async (template, expected) => {
    expect(await render(template)).toBe(expected);
  });

  it.each(["{{ '%s' % 'a' }}", "{{ 'a'|e }}", '{{ 2.5|round }}', '{% raw %}a{% endraw %}', '{{ 1 % 0 }}'])(
    'refuses %s, rather than give another text',
    async (template) => {
      await expect((async () => render(template))()).rejects.toMatchObject({ code: 'GRASP_CHAT_TEMPLATE' });
    },
  );

  it('stops a template that grows without bound', async () => {
    await expect(render(growing)).rejects.toMatchObject({ code: 'GRASP_CHAT_TEMPLATE' });
  }, 30_000);

  it('stops a template that loops without end, when it is told to', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 200);
    await expect(render(loop, controller.signal)).rejects.toThrow('enough');
  });

  it('stops a template that loops without end, on its own', async () => {
    await expect(render(loop)).rejects.toMatchObject({ code: 'GRASP_CHAT_TEMPLATE' });
  }, 30_000);
});
