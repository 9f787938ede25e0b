import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint, writeCheckpoint } from '@grasp/checkpoint';
import { randomCheckpoint, tinyLlama } from '@grasp/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { grasp } from '../../../test/grasp.js';

let folder: string;
const at = (name: string) => join(folder, name);
/** Byte-level BPE of single letters: the tiny model's own tokenizer is of a kind that GGUF has no place for. */
const tokenizer = {
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
  model: { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: [['a', 'b']] },
};
const model = {
  ...tinyLlama(),
  files: [{ name: 'tokenizer.json', read: async () => new TextEncoder().encode(JSON.stringify(tokenizer)) }],
};

/** Of a hidden size that is no multiple of 32. */
const odd = randomCheckpoint({ ...tinyLlama().config, hidden_size: 40 }, 1);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-export-'));
  await writeCheckpoint(model, at('model'));
  await writeCheckpoint(tinyLlama(), at('other'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('grasp export', () => {
  it('writes a GGUF file that is the same model', async () => {
    const { code, out } = await grasp('export', at('model'), '--gguf', 'f32', '--out', at('tiny.gguf'));
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('Written to') });
    expect(out).toMatch(
      /Padding: \d+\.\d% of the elements are zeros.*multiples of 32: 48\. Prune with --align 32/,
    );
    const back = await openCheckpoint(at('tiny.gguf'));
    const { hidden_size, intermediate_size, num_hidden_layers, vocab_size } = model.config;
    const padded = 32 * Math.ceil(Number(intermediate_size) / 32); // as llama.cpp's fast kernels want it
    expect(back.config).toMatchObject({
      hidden_size,
      intermediate_size: padded,
      num_hidden_layers,
      vocab_size,
    });
    await back.close();
  });

  it('names the types that stand in for the one that was asked for', async () => {
    const run = await grasp('export', at('model'), '--gguf', 'q4_0', '--out', at('types.gguf'));
    expect(run.out).toContain('Types: 14 of 15 matrices are Q4_0; 1 as Q8_0 (the head).');
    await writeCheckpoint({ ...odd, files: model.files }, at('odd'));
    const narrow = await grasp('export', at('odd'), '--gguf', 'q4_0', '--out', at('odd.gguf'));
    expect(narrow.out).toMatch(
      /Types: \d+ of \d+ matrices are Q4_0; \d+ as F16 \(rows that are no whole blocks of 32\)/,
    );
  });

  it('makes K-quants more exact where a text is', async () => {
    await writeFile(at('text.txt'), 'ab '.repeat(2000));
    const run = (out: string, ...more: string[]) =>
      grasp('export', at('model'), '--gguf', 'q4_k_m', '--out', at(out), '--quiet', ...more);
    const importance = ['--importance', at('text.txt'), '--importance-blocks', '2', '--backend', 'wasm'];
    expect(await run('plain.gguf')).toMatchObject({ code: 0 });
    expect(await run('important.gguf', ...importance)).toMatchObject({ code: 0 });
    const [plain, important] = await Promise.all(
      ['plain', 'important'].map((name) => readFile(at(`${name}.gguf`))),
    );
    expect(important!.length).toBe(plain!.length);
    expect(important!.equals(plain!)).toBe(false);
    expect(await run('important.gguf', ...importance)).toMatchObject({ code: 5 });
    const other = await grasp('export', at('model'), '--gguf', 'q8_0', '--out', at('x.gguf'), ...importance);
    expect(other).toMatchObject({ code: 2, err: expect.stringContaining('q8_0 does not use it') });
    expect(await run('gone/x.gguf', '--importance', at('no-text.txt'))).toMatchObject({
      code: 5,
      err: expect.stringContaining('a folder of its path is missing'),
    });
    for (const flag of ['--importance-blocks', '--threads'])
      expect(await run('x.gguf', flag, '2')).toMatchObject({
        code: 2,
        err: expect.stringContaining(`${flag}: this export computes nothing`),
      });
  });

  it('shows the warnings of a model once, also where it computes importance', async () => {
    const left = 'model.layers.0.left.weight';
    const tensors = new Map(model.tensors).set(left, { name: left, dtype: 'F32', shape: [1] });
    const read: typeof model.read = async (name) =>
      name === left ? { dtype: 'F32', shape: [1], data: Float32Array.of(1) } : model.read(name);
    await writeCheckpoint({ ...model, tensors, read }, at('more'));
    await writeFile(at('text.txt'), 'ab '.repeat(2000));
    const importance = ['--importance', at('text.txt'), '--importance-blocks', '2', '--backend', 'wasm'];
    const { err } = await grasp(
      ...['export', at('more'), '--gguf', 'q4_k_m', '--out', at('more.gguf'), ...importance],
    );
    expect(err.split(left)).toHaveLength(2);
  });

  it('refuses a name, a model and a template before it computes importance', async () => {
    await writeFile(at('text.txt'), 'ab '.repeat(2000));
    const refusal = async (from: string, ...more: string[]) => {
      const importance = ['--importance', at('text.txt'), '--importance-blocks', '2', '--backend', 'wasm'];
      const { code, err } = await grasp('export', at(from), '--gguf', 'q4_k_m', ...importance, ...more);
      expect(err).not.toContain('importance 1/2');
      return { code, err };
    };
    expect(await refusal('model', '--out', at('x.bin'))).toMatchObject({
      ...{ code: 2, err: expect.stringContaining('.gguf') },
    });
    expect(await refusal('other', '--out', at('x.gguf'))).toMatchObject({
      ...{ code: 3, err: expect.stringContaining('BPE') },
    });
    await writeCheckpoint(model, at('counts'));
    const counts = JSON.stringify({ chat_template: '{{ messages|length }}' });
    await writeFile(at('counts/tokenizer_config.json'), counts);
    expect(await refusal('counts', '--ollama', '--out', at('refused'))).toMatchObject({
      ...{ code: 3, err: expect.stringContaining('as a template of Ollama') },
    });
    // A model that llama.cpp cannot express leaves no folder either.
    expect((await refusal('other', '--ollama', '--out', at('refused'))).code).toBe(3);
    expect(await readdir(folder)).not.toContain('refused');
  });

  it('writes a Modelfile for Ollama beside the file', async () => {
    await writeCheckpoint(model, at('chatty'));
    const config = {
      eos_token: 'a',
      chat_template: '{% for m in messages %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}<assistant>',
    };
    await writeFile(at('chatty/tokenizer_config.json'), JSON.stringify(config));
    await writeFile(
      at('chatty/generation_config.json'),
      JSON.stringify({ do_sample: true, temperature: 0.6, top_k: 20 }),
    );
    const run = (from: string, out: string) =>
      grasp('export', at(from), '--gguf', 'f16', '--ollama', '--out', at(out));
    const { code, out } = await run('chatty', 'ollama');
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('ollama create ollama -f') });
    expect((await readdir(at('ollama'))).sort()).toEqual(['Modelfile', 'model.gguf']);
    const text = await readFile(at('ollama/Modelfile'), 'utf8');
    expect(text).toContain('FROM ./model.gguf\n');
    expect(text).toContain(
      '{{ $m.Content }}{{ if $last }}{{ "</s><assistant>" }}{{ else }}{{ "</s><assistant>" }}{{ end }}',
    );
    expect(text).toMatch(
      /PARAMETER stop "a"\nPARAMETER temperature 0.6\nPARAMETER top_k 20\nPARAMETER num_ctx \d+\n$/,
    );
    const windowed = { ...model.config, model_type: 'mistral', sliding_window: 16 };
    await writeCheckpoint({ ...model, config: windowed }, at('windowed'));
    await writeFile(at('windowed/tokenizer_config.json'), JSON.stringify(config));
    expect((await run('windowed', 'short')).out).toContain('Context: 16 of ');
    expect(await readFile(at('short/Modelfile'), 'utf8')).toContain('PARAMETER num_ctx 16\n');
    await writeFile(
      at('chatty/tokenizer_config.json'),
      JSON.stringify({ chat_template: '{{ messages|length }}' }),
    );
    expect(await run('chatty', 'refused')).toMatchObject({
      code: 3,
      err: expect.stringContaining('as a template of Ollama'),
    });
    expect(await readdir(folder)).not.toContain('refused');
    await grasp('export', at('model'), '--gguf', 'f16', '--ollama', '--out', `${at('dotted')}/.`);
    expect(await readFile(at('dotted/model.gguf'), 'latin1')).toMatch(/general\.name.{12}dotted/s);
    await writeFile(at('taken'), 'mine');
    expect(await run('model', 'taken')).toMatchObject({
      code: 5,
      err: expect.stringContaining('a file of that name is there'),
    });
    await rm(at('ollama/model.gguf'));
    expect(await run('model', 'ollama')).toMatchObject({
      code: 5,
      err: expect.stringContaining('Modelfile: it exists. Add --overwrite'),
    });
    expect(await readFile(at('ollama/Modelfile'), 'utf8')).toBe(text);
  });

  it('asks for --overwrite where a file is, and never writes into what it reads', async () => {
    const again = await grasp('export', at('model'), '--gguf', 'f32', '--out', at('tiny.gguf'));
    expect(again).toMatchObject({ code: 5, err: expect.stringContaining('Add --overwrite') });
    for (const out of ['model/x.gguf', 'model/../model/x.gguf']) {
      const inside = await grasp('export', at('model'), '--gguf', 'f32', '--out', at(out));
      expect(inside).toMatchObject({ code: 2, err: expect.stringContaining('it lies in') });
    }
    const own = await grasp(
      'export',
      at('tiny.gguf'),
      '--gguf',
      'f16',
      '--out',
      at('tiny.gguf'),
      '--overwrite',
    );
    expect(own).toMatchObject({ code: 2, err: expect.stringContaining('is read by the same command') });
  });

  it('writes a DeciLM folder, and says how to serve it', async () => {
    const { code, out } = await grasp('export', at('model'), '--deci', '--out', at('deci'));
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('vllm serve') });
    const config = JSON.parse(await readFile(at('deci/config.json'), 'utf8'));
    expect(config).toMatchObject({ architectures: ['DeciLMForCausalLM'] });
    const portable = await grasp('export', at('model'), '--deci', '--portable', '--out', at('portable'));
    expect(portable.out).toMatch(/Padding: \d+\.\d% of the elements are zeros/);
  });

  it('writes a folder with an ONNX model', async () => {
    const run = (...more: string[]) => grasp('export', at('model'), '--out', at('onnx'), ...more);
    const { code, out } = await run('--onnx');
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringMatching(/^Written to \S+onnx\/onnx, [\d.]+ KiB/),
    });
    expect((await readdir(at('onnx/onnx'))).sort()).toEqual(['model.onnx', 'model.onnx_data']);
    const config = JSON.parse(await readFile(at('onnx/config.json'), 'utf8'));
    expect(config['transformers.js_config'].dtype).toBe('fp32');
    expect(await readdir(at('onnx'))).toContain('tokenizer.json');
    expect(await run('--onnx', 'f16')).toMatchObject({
      code: 5,
      err: expect.stringContaining('--overwrite'),
    });
    expect(await run('--onnx', 'f16', '--overwrite')).toMatchObject({ code: 0 });
    expect((await readdir(at('onnx/onnx'))).sort()).toEqual(['model_fp16.onnx', 'model_fp16.onnx_data']);
    expect(await run('--onnx', 'q8')).toMatchObject({ code: 2, err: expect.stringContaining('f32, f16') });
  });

  it('looks at the output before it downloads a model', async () => {
    vi.stubEnv('GRASP_OFFLINE', '1');
    vi.stubEnv('XDG_CACHE_HOME', at('cache'));
    await mkdir(at('full'));
    await writeFile(at('full/x.gguf'), 'mine');
    const run = (...more: string[]) => grasp('export', 'smollm2-135m-instruct', ...more);
    for (const [argv, refusal] of [
      [['--gguf', 'f16', '--out', at('full/x.gguf')], 'x.gguf: it exists. Add --overwrite'],
      [['--gguf', 'f16', '--out', at('x.bin')], 'must end in ".gguf"'],
      [['--gguf', 'f16', '--out', at('gone/x.gguf')], 'a folder of its path is missing'],
      [['--gguf', 'f16', '--out', at('x.gguf'), '--importance', at('text.txt')], 'f16 does not use it'],
      [['--gguf', 'f16', '--ollama', '--out', at('full/x.gguf')], 'a file of that name is there'],
      [['--onnx', '--out', at('full')], 'full'],
      [['--deci', '--out', at('full')], 'full'],
    ] as const) {
      const { code, err } = await run(...argv);
      expect({ code, err }).toEqual({ code: expect.any(Number), err: expect.stringContaining(refusal) });
      expect(err).not.toContain('could not be downloaded');
    }
    expect((await run('--deci', '--out', at('free'))).err).toContain('could not be downloaded');
    expect(await readdir(folder)).not.toContain('free');
    vi.unstubAllEnvs();
  });

  it('asks for one kind of output', async () => {
    const none = await grasp('export', at('model'), '--out', at('none'));
    expect(none).toMatchObject({
      code: 2,
      err: expect.stringContaining('--gguf with a type, --onnx, or --deci'),
    });
    for (const other of ['--deci', '--portable', '--onnx']) {
      const both = await grasp('export', at('model'), '--gguf', 'f16', other, '--out', at('x.gguf'));
      expect(both).toMatchObject({ code: 2, err: expect.stringContaining('cannot be used with') });
    }
    const named = await grasp('export', at('model'), '--deci', '--name', 'A name', '--out', at('none'));
    expect(named).toMatchObject({ code: 2, err: expect.stringContaining('cannot be used with') });
    const alone = await grasp('export', at('model'), '--portable', '--out', at('none'));
    expect(alone).toMatchObject({ code: 2, err: expect.stringContaining('--deci') });
  });

  it('explains what cannot be written, and leaves nothing', async () => {
    const name = await grasp('export', at('model'), '--gguf', 'f16', '--out', at('tiny.bin'));
    expect(name).toMatchObject({ code: 2, err: expect.stringContaining('.gguf') });
    const type = await grasp('export', at('model'), '--gguf', 'q3', '--out', at('x.gguf'));
    expect(type.code).toBe(2);
    const tokenizer = await grasp('export', at('other'), '--gguf', 'f16', '--out', at('x.gguf'));
    expect(tokenizer).toMatchObject({ code: 3, err: expect.stringContaining('BPE') });
    expect(await readdir(folder)).not.toContain('x.gguf');
  });
});
