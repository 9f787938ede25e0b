/** A LLaMA in plain loops and float64, written without a thought for speed, to check what methods measure. */
import { type Checkpoint, toFloat32 } from '@grasp/checkpoint';

type Matrix = number[][];

export interface Sizes {
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly epsilon: number;
  readonly theta: number;
}

/** Weights by the names of the checkpoint; a norm is a matrix of one row. */
export type Weights = Map<string, Matrix>;

export async function weightsOf(checkpoint: Checkpoint): Promise<Weights> {
  const weights: Weights = new Map();
  for (const [name, { shape }] of checkpoint.tensors) {
    const values = Array.from(toFloat32(await checkpoint.read(name)));
    const columns = shape.at(-1)!;
    weights.set(
      name,
      Array.from({ length: values.length / columns }, (_, r) => values.slice(r * columns, (r + 1) * columns)),
    );
  }
  return weights;
}

export interface Trace {
  /** Mean cross entropy of the next token. */
  readonly loss: number;
  /** For each layer: the stream before it and after it, `[T, d]`. */
  readonly before: Matrix[];
  readonly after: Matrix[];
  /** Inputs of `o_proj` and `down_proj`, gated. */
  readonly heads: Matrix[];
  readonly hidden: Matrix[];
}

const times = (x: Matrix, w: Matrix): Matrix =>
  x.map((row) => w.map((weights) => weights.reduce((sum, v, i) => sum + v * row[i]!, 0)));

/**
 * One text through the model. The last token is read too, but has no target.
 *
 * @param gates of channels, `[layer][channel]`, and of KV groups (on keys and values). Default: 1.
 */
export function forward(
  weights: Weights,
  sizes: Sizes,
  ids: readonly number[],
  gates: { readonly ffn?: Matrix; readonly kv?: Matrix } = {},
): Trace {
  const { layers, heads: H, kvHeads: K, headDim: h, epsilon, theta } = sizes;
  const get = (name: string) => weights.get(name)!;
  const norm = (x: Matrix, name: string) =>
    x.map((row) => {
      const scale = 1 / Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / row.length + epsilon);
      return row.map((v, i) => v * scale * get(name)[0]![i]!);
    });
  const rotate = (row: number[], t: number) =>
    row.map((v, i) => {
      const angle = t * theta ** ((-2 * (i % (h / 2))) / h);
      const other = i < h / 2 ? -row[i + h / 2]! : row[i - h / 2]!;
      return v * Math.cos(angle) + other * Math.sin(angle);
    });
  const slice = (x: Matrix, head: number) => x.map((row) => row.slice(head * h, (head + 1) * h));
  const embedding = get('model.embed_tokens.weight');
  let x = ids.map((id) => [...embedding[id]!]);
  const trace = {
    before: [] as Matrix[],
    after: [] as Matrix[],
    heads: [] as Matrix[],
    hidden: [] as Matrix[],
  };
  const add = (a: Matrix, b: Matrix) => a.map((row, t) => row.map((v, i) => v + b[t]![i]!));
  for (let l = 0; l < layers; l++) {
    const at = (name: string) => `model.layers.${l}.${name}.weight`;
    trace.before.push(x);
    const a = norm(x, at('input_layernorm'));
    const [q, k, v] = ['q', 'k', 'v'].map((p) => times(a, get(at(`self_attn.${p}_proj`)))) as [
      Matrix,
      Matrix,
      Matrix,
    ];
    const mixed: Matrix = ids.map(() => []);
    for (let head = 0; head < H; head++) {
      const group = Math.floor(head / (H / K));
      const z = gates.kv?.[l]?.[group] ?? 1;
      const query = slice(q, head).map(rotate);
      const key = slice(k, group).map(rotate);
      const value = slice(v, group);
      for (const [t, own] of query.entries()) {
        const scores = key
          .slice(0, t + 1)
          .map((row) => (z * row.reduce((sum, y, i) => sum + y * own[i]!, 0)) / Math.sqrt(h));
        const top = Math.max(...scores);
        const exps = scores.map((score) => Math.exp(score - top));
        const total = exps.reduce((sum, e) => sum + e, 0);
        for (let i = 0; i < h; i++)
          mixed[t]!.push(exps.reduce((sum, e, s) => sum + (e / total) * z * value[s]![i]!, 0));
      }
    }
    trace.heads.push(mixed);
    x = add(x, times(mixed, get(at('self_attn.o_proj'))));
    const b = norm(x, at('post_attention_layernorm'));
    const up = times(b, get(at('mlp.up_proj')));
    const hidden = times(b, get(at('mlp.gate_proj'))).map((row, t) =>
      row.map((g, j) => (g / (1 + Math.exp(-g))) * up[t]![j]! * (gates.ffn?.[l]?.[j] ?? 1)),
    );
    trace.hidden.push(hidden);
    x = add(x, times(hidden, get(at('mlp.down_proj'))));
    trace.after.push(x);
  }
  const logits = times(norm(x, 'model.norm.weight'), weights.get('lm_head.weight') ?? embedding);
  const losses = logits.slice(0, -1).map((row, t) => {
    const top = Math.max(...row);
    return top + Math.log(row.reduce((sum, v) => sum + Math.exp(v - top), 0)) - row[ids[t + 1]!]!;
  });
  return { loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length, ...trace };
}

/** Slope of a function of one number, by central differences. */
export const slope = (of: (offset: number) => number, step = 1e-4): number =>
  (of(step) - of(-step)) / (2 * step);
