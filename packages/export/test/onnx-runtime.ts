import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';

/** Tokens in rows. Rows begin with padding. */
export interface OnnxBatch {
  readonly rows: readonly (readonly number[])[];
  /** Tokens of padding before each row. Default: none. */
  readonly padding?: readonly number[];
}

/** A model in stock ONNX Runtime, on the CPU. */
export interface OnnxModel {
  /** Names of the inputs, with the sizes that they fix. */
  readonly inputs: ReadonlyMap<string, readonly (number | string)[]>;
  /** Logits of every place, `[B, T, V]`, padding included. */
  logits(batch: OnnxBatch): Promise<Float32Array>;
  /** A text that is read piece by piece, with a cache. */
  reader(): OnnxReader;
  dispose(): Promise<void>;
}

/** Reads one text piece by piece. */
export interface OnnxReader {
  /** Logits of the next tokens, `[T, V]`. */
  read(ids: readonly number[]): Promise<Float32Array>;
}

type Cache = Readonly<Record<string, ort.Tensor>>;

/** Loads the model of a folder that `writeOnnx` wrote. */
export async function loadInOnnxRuntime(folder: string): Promise<OnnxModel> {
  const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
  const [file] = Object.keys(config['transformers.js_config'].use_external_data_format);
  const session = await ort.InferenceSession.create(join(folder, 'onnx', file!), {
    executionProviders: ['cpu'],
    intraOpNumThreads: 2,
    logSeverityLevel: 3,
  });
  const inputs = new Map(
    session.inputMetadata.map((meta) => [meta.name, meta.isTensor ? meta.shape : []] as const),
  );
  const emptyCache = (batch: number): Cache =>
    Object.fromEntries(
      session.inputMetadata.flatMap((meta) => {
        if (!meta.isTensor || !meta.name.startsWith('past')) return [];
        const shape = meta.shape.map((size) =>
          size === 'batch_size' ? batch : typeof size === 'number' ? size : 0,
        );
        const data = meta.type === 'float16' ? new Uint16Array(0) : new Float32Array(0);
        return [[meta.name, new ort.Tensor(meta.type as 'float32', data as Float32Array, shape)]];
      }),
    );
  const run = async ({ rows, padding = rows.map(() => 0) }: OnnxBatch, past: number, cache: Cache) => {
    const [B, T] = [rows.length, rows[0]!.length];
    const int64 = (width: number, of: (row: number, at: number) => number) =>
      new ort.Tensor(
        'int64',
        BigInt64Array.from({ length: B * width }, (_, i) => BigInt(of(Math.floor(i / width), i % width))),
        [B, width],
      );
    const outputs = await session.run({
      input_ids: int64(T, (row, at) => rows[row]![at]!),
      attention_mask: int64(past + T, (row, at) => (at < padding[row]! ? 0 : 1)),
      position_ids: int64(T, (row, at) => Math.max(0, past + at - padding[row]!)),
      ...cache,
    });
    const next = Object.entries(outputs).flatMap(([name, tensor]) =>
      name === 'logits' ? [] : [[name.replace('present', 'past_key_values'), tensor] as const],
    );
    return { logits: outputs.logits!.data as Float32Array, cache: Object.fromEntries(next) };
  };
  return {
    inputs,
    logits: async (batch) => (await run(batch, 0, emptyCache(batch.rows.length))).logits,
    reader() {
      let [past, cache] = [0, emptyCache(1)];
      return {
        async read(ids) {
          const step = await run({ rows: [ids] }, past, cache);
          past += ids.length;
          cache = step.cache;
          return step.logits;
        },
      };
    },
    dispose: () => session.release(),
  };
}
