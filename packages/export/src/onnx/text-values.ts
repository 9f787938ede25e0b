/**
 * What all layers know of the text: which keys a query sees, and how positions turn queries and keys.
 *
 * Dims: B rows, T new tokens, S all tokens, G query heads of a KV head, h head size.
 */
import type { DecoderConfig, RotaryConfig } from '@grasp/decoder';
import type { GraphBuilder } from './graph-builder.js';
import type { Value } from './onnx-graph.js';
import { frequenciesOf, type Rotation, rotationAt } from './rotary.js';

/** The inputs of a graph that stand for the text. */
export interface TextInputs {
  readonly inputIds: Value; //      int64 [B, T]
  readonly attentionMask: Value; // int64 [B, S], 0 for padding
  readonly positionIds: Value; //   int64 [B, T]
}

/** Values that layers share. Each is computed once, when a layer asks for it. */
export class TextValues {
  private readonly known = new Map<unknown, unknown>();

  constructor(
    private readonly g: GraphBuilder,
    private readonly inputs: TextInputs,
    private readonly decoder: Pick<DecoderConfig, 'headDim' | 'queriesPerKvHead'>,
  ) {}

  /** Whether a query sees a key, `[B, 1, G · T, S]`: a key of a token, not after the query's, and within the window. */
  visible(window: number | undefined): Value {
    return this.once(`window ${window}`, () => {
      const { g, inputs } = this;
      const all = this.once('all', () => g.sizeOf(inputs.attentionMask, 1));
      const [zero, one] = [g.integers(0), g.integers(1)];
      const past = g.node('Sub', [all, g.sizeOf(inputs.inputIds, 1)]);
      const queries = g.unsqueeze(g.node('Range', [past, all, one]), 1); // [T, 1]
      const keys = g.node('Range', [zero, all, one]); // [S]
      const notAfter = g.node('LessOrEqual', [keys, queries]); // [T, S]
      const isToken = g.unsqueeze(g.cast(inputs.attentionMask, 'BOOL'), 1, 2); // [B, 1, 1, S]
      const causal = g.node('And', [isToken, notAfter]); // [B, 1, T, S]
      const seen = window === undefined ? causal : g.node('And', [causal, this.near(queries, keys, window)]);
      const { queriesPerKvHead: heads } = this.decoder;
      return heads === 1 ? seen : g.node('Tile', [seen, g.integers([1, 1, heads, 1])]);
    });
  }

  private near(queries: Value, keys: Value, window: number): Value {
    const distance = this.g.node('Sub', [queries, keys]);
    return this.g.node('Less', [distance, this.g.integers(window)]);
  }

  /** How queries and keys of the new tokens are turned. */
  rotation(rotary: RotaryConfig): Rotation {
    return this.once(JSON.stringify(rotary), () => {
      const { g, inputs, decoder } = this;
      const frequencies = frequenciesOf(g, rotary, decoder.headDim, () => this.length());
      return rotationAt(g, rotary, decoder.headDim, inputs.positionIds, frequencies);
    });
  }

  /** Tokens of the text up to the last position, float32. */
  private length(): Value {
    return this.once('length', () => {
      const last = this.g.node('ReduceMax', [this.inputs.positionIds], { keepdims: 0 });
      return this.g.add(this.g.cast(last, 'FLOAT'), 1);
    });
  }

  private once<Result>(key: string, make: () => Result): Result {
    if (!this.known.has(key)) this.known.set(key, this.g.within('text', make));
    return this.known.get(key) as Result;
  }
}
