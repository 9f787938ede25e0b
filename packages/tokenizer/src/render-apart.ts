import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { LIMITS } from './limits.js';

/** A rendered template, or why there is none. */
type Reply = { readonly text: string } | { readonly problem: string };

/**
 * Renders a template in a process of its own, which ends with the call. A template that loops or grows without bound stops
 * at {@link LIMITS}, and an abort stops it at once. A thread would not do: one large allocation in it ends the whole process.
 *
 * @throws Error that says why the template cannot be rendered; the reason of `signal`
 */
export async function renderApart(
  template: string,
  context: Readonly<Record<string, unknown>>,
  signal?: AbortSignal,
): Promise<string> {
  signal?.throwIfAborted();
  const { templateSeconds: seconds, templateMegabytes: megabytes, promptCharacters: limit } = LIMITS;
  const library = createRequire(import.meta.url).resolve('@huggingface/jinja');
  const child = spawn(process.execPath, [`--max-old-space-size=${megabytes}`, '-e', PROGRAM], {
    env: {},
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let stop = () => {};
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<string>((resolve, reject) => {
      stop = () => reject(signal?.reason);
      signal?.addEventListener('abort', stop, { once: true });
      timer = setTimeout(() => reject(new Error(`it takes more than ${seconds} s`)), seconds * 1000);
      let answer = '';
      child.stdout.setEncoding('utf8').on('data', (part: string) => {
        answer += part;
      });
      child.once('error', reject);
      child.once('close', () => {
        if (answer === '') return reject(new Error(`it needs more than ${megabytes} MB of memory`));
        const reply = JSON.parse(answer) as Reply; // of the program below
        if ('text' in reply) resolve(reply.text);
        else reject(new Error(reply.problem));
      });
      child.stdin.on('error', () => {}); // the process has ended; `close` reports it
      child.stdin.end(JSON.stringify({ library, template, context, limit }));
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
    child.kill('SIGKILL');
  }
}

/**
 * The program of the process. It is text, so that it runs from sources and from a build alike. The library ignores the argument
 * of `strip`, `lstrip` and `rstrip`, and computes `%` as JavaScript does, so these become calls of functions like Python's.
 */
const PROGRAM = `
const { readFileSync } = require('node:fs');
const { library, template, context, limit } = JSON.parse(readFileSync(0, 'utf8'));
const { Template } = require(library);

function strip(text, chars, method) {
  if (typeof text !== 'string') throw new Error(method + '() needs a string');
  if (chars === null || chars === undefined) {
    return method === 'strip' ? text.trim() : method === 'lstrip' ? text.trimStart() : text.trimEnd();
  }
  const all = [...text];
  const set = new Set(chars);
  let start = 0;
  let end = all.length;
  if (method !== 'rstrip') while (start < end && set.has(all[start])) start++;
  if (method !== 'lstrip') while (end > start && set.has(all[end - 1])) end--;
  return all.slice(start, end).join('');
}

function modulo(left, right) {
  if (typeof left !== 'number' || typeof right !== 'number') throw new Error('% is supported for numbers only');
  if (right === 0) throw new Error('modulo by zero');
  return left - right * Math.floor(left / right);
}

function rewritten(node) {
  if (Array.isArray(node)) return node.map(rewritten);
  if (node instanceof Map) return new Map([...node].map(([key, value]) => [rewritten(key), rewritten(value)]));
  if (typeof node !== 'object' || node === null) return node;
  for (const key of Object.keys(node)) node[key] = rewritten(node[key]);
  const { type, callee, args } = node;
  if (type === 'BinaryExpression' && node.operator.value === '%') {
    const name = { type: 'Identifier', value: 'grasp_modulo' };
    return { type: 'CallExpression', callee: name, args: [node.left, node.right] };
  }
  if (type !== 'CallExpression' || callee.type !== 'MemberExpression' || callee.computed || args.length === 0) return node;
  const method = callee.property.value;
  if (!['strip', 'lstrip', 'rstrip'].includes(method)) return node;
  node.callee = Object.assign(Object.create(Object.getPrototypeOf(callee.property)), callee.property, { value: 'grasp_strip' });
  node.args = [callee.object, args[0], { type: 'StringLiteral', value: method }];
  return node;
}

let reply;
try {
  const compiled = new Template(template);
  compiled.parsed = rewritten(compiled.parsed);
  const text = compiled.render({ ...context, grasp_strip: strip, grasp_modulo: modulo });
  reply = text.length > limit ? { problem: 'it gives more than ' + limit + ' characters' } : { text };
} catch (error) {
  reply = { problem: error instanceof Error ? error.message : String(error) };
}
process.stdout.write(JSON.stringify(reply));
`;
