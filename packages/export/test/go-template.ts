/** A small reader of Go's text/template, by its documentation: what templates of Ollama need. */
type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly code: string }
  | { readonly kind: 'set'; readonly name: string; readonly code: string }
  | {
      readonly kind: 'range';
      readonly names: readonly [string, string];
      readonly list: string;
      readonly body: readonly Node[];
    }
  | {
      readonly kind: 'if';
      readonly branches: readonly { readonly test: string | undefined; readonly body: readonly Node[] }[];
    };

type Scope = Readonly<Record<string, unknown>>;

/** Renders a template on data. */
export function renderGo(template: string, data: Scope): string {
  const parts = [...template.matchAll(/\{\{(-?)\s*((?:"(?:\\.|[^"\\])*"|[^"}]|\}(?!\}))*?)\s*(-?)\}\}/g)];
  const tokens: (string | { readonly code: string })[] = [];
  let from = 0;
  let trim = false;
  for (const { 0: whole, 1: before, 2: code, 3: after, index } of parts) {
    let text = template.slice(from, index);
    if (trim) text = text.trimStart();
    if (before) text = text.trimEnd();
    tokens.push(text, { code: code! });
    trim = after === '-';
    from = index + whole.length;
  }
  const rest = template.slice(from);
  tokens.push(trim ? rest.trimStart() : rest);
  const { nodes, at } = parse(tokens, 0);
  if (at < tokens.length) throw new Error(`unexpected ${JSON.stringify(tokens[at])}`);
  return run(nodes, { $: data });
}

function parse(
  tokens: readonly (string | { readonly code: string })[],
  start: number,
): { nodes: Node[]; at: number } {
  const nodes: Node[] = [];
  let at = start;
  for (; at < tokens.length; at++) {
    const token = tokens[at]!;
    if (typeof token === 'string') {
      if (token !== '') nodes.push({ kind: 'text', text: token });
      continue;
    }
    const { code } = token;
    if (/^(end|else)\b/.test(code)) break;
    const range = /^range (\$\w+), (\$\w+) := (\S+)$/.exec(code);
    const set = /^(\$\w+) := (.+)$/.exec(code);
    if (range) {
      const body = parse(tokens, at + 1);
      nodes.push({ kind: 'range', names: [range[1]!, range[2]!], list: range[3]!, body: body.nodes });
      at = body.at;
    } else if (code.startsWith('if ')) {
      const branches: { test: string | undefined; body: readonly Node[] }[] = [];
      let test: string | undefined = code.slice(3);
      for (;;) {
        const body = parse(tokens, at + 1);
        branches.push({ test, body: body.nodes });
        at = body.at;
        const next = (tokens[at] as { readonly code: string }).code;
        if (next === 'end') break;
        test = /^else if (.+)$/.exec(next)?.[1];
      }
      nodes.push({ kind: 'if', branches });
    } else nodes.push(set ? { kind: 'set', name: set[1]!, code: set[2]! } : { kind: 'value', code });
  }
  return { nodes, at };
}

function run(nodes: readonly Node[], outer: Scope): string {
  const scope: Record<string, unknown> = { ...outer };
  return nodes
    .map((node) => {
      if (node.kind === 'text') return node.text;
      if (node.kind === 'value') return String(evaluate(node.code, scope));
      if (node.kind === 'set') {
        scope[node.name] = evaluate(node.code, scope);
        return '';
      }
      if (node.kind === 'range') {
        const [index, item] = node.names;
        const list = evaluate(node.list, scope) as unknown[];
        return list.map((each, i) => run(node.body, { ...scope, [index]: i, [item]: each })).join('');
      }
      const branch = node.branches.find(({ test }) => test === undefined || evaluate(test, scope));
      return branch ? run(branch.body, scope) : '';
    })
    .join('');
}

/** A value, a field, or a call of `eq`, `len`, `not`, `slice`, with calls as arguments in parentheses. */
function evaluate(code: string, scope: Scope): unknown {
  const words = code.match(/"(?:\\.|[^"\\])*"|\((?:[^()]|\([^()]*\))*\)|\S+/g)!;
  const [head, ...rest] = words.map((word) =>
    word.startsWith('(') ? { value: evaluate(word.slice(1, -1), scope) } : word,
  );
  const read = (word: string | { readonly value: unknown }): unknown => {
    if (typeof word !== 'string') return word.value;
    if (word.startsWith('"')) return JSON.parse(word);
    if (/^\d+$/.test(word)) return Number(word);
    const [name, ...fields] = word.split('.');
    return fields.reduce<unknown>(
      (value, field) => (value as Scope)[field],
      scope[name === '' ? '$' : name!],
    );
  };
  const args = rest.map(read);
  switch (head) {
    case 'eq':
      return args[0] === args[1];
    case 'not':
      return !args[0];
    case 'len':
      return (args[0] as unknown[]).length;
    case 'slice':
      return (args[0] as unknown[]).slice(args[1] as number);
    default:
      if (args.length > 0) throw new Error(`no function ${String(head)}`);
      return read(head!);
  }
}

/** Instructions of a Modelfile by name, with values without their quotes. */
export function parseModelfile(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const lines = /^(#.*|(FROM|TEMPLATE|PARAMETER \w+) (?:"""([\s\S]*?)"""|"(.*)"|(.*)))(?:\n|$)/;
  for (let rest = text; rest.trim() !== ''; ) {
    const match = lines.exec(rest);
    if (!match) throw new Error(`no instruction: ${rest.slice(0, 50)}`);
    const [whole, , name, long, short, bare] = match;
    if (name) found.set(name, [...(found.get(name) ?? []), long ?? short ?? bare ?? '']);
    rest = rest.slice(whole.length);
  }
  return found;
}
