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
  const loop = '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}';
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

  it.each([
    "{{ '%5d' % 3 }}",
    '{{ 1 % 0 }}',
    "{{ 'a'|center(9) }}",
    '{% block a %}{% endblock %}',
    '{{ [1 2] }}',
  ])('refuses %s, rather than give another text', async (template) => {
    await expect((async () => render(template))()).rejects.toMatchObject({ code: 'GRASP_CHAT_TEMPLATE' });
  });

  it.each([
    ['loops without end', loop],
    ['grows without bound', growing],
    [
      'doubles a text',
      "{% set n = namespace(t='ab') %}{% for a in range(99) %}{% set n.t = n.t ~ n.t %}{% endfor %}",
    ],
    [
      'doubles a list',
      '{% set n = namespace(l=[]) %}{% for a in range(99) %}{% set n.l = [n.l, n.l] %}{% endfor %}{{ n.l }}',
    ],
    [
      'compares such lists',
      '{% set n = namespace(l=[]) %}{% for a in range(99) %}{% set n.l = [n.l, n.l] %}{% endfor %}{{ n.l == [n.l] }}',
    ],
    ['replaces by much', "{% set t = 'a' * 99999 %}{{ t.replace('a', t) }}"],
    ['joins by much', "{% set t = 'a' * 99999 %}{{ t|join(t) }}"],
    ['repeats a text', "{{ 'a' * 999999 * 999999 }}"],
    ['makes a huge number', '{{ 9 ** 99 ** 99 }}'],
    [
      'searches long lists',
      '{% set l = range(99999) %}{% for a in l %}{% if -1 in l %}{% endif %}{% endfor %}',
    ],
    ['calls itself', '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}'],
    ['nests parentheses', `{{ ${'('.repeat(50_000)}1${')'.repeat(50_000)} }}`],
    ['adds many terms', `{{ ${'1 + '.repeat(60_000)}1 }}`],
    ['has much white space', `a${' '.repeat(250_000)}{% generation`],
    ['has many tags', '{% if 1 %}'.repeat(26_000)],
  ])('stops a template that %s', async (_, template) => {
    const start = process.cpuUsage().user;
    await expect((async () => render(template))()).rejects.toMatchObject({ code: 'GRASP_CHAT_TEMPLATE' });
    expect((process.cpuUsage().user - start) / 1e6).toBeLessThan(20);
  });

  it('rejects with the reason of an aborted signal', async () => {
    await expect(render('a', AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});
