/** What every kind of layer states about itself: its sizes, and the cost of each of its passes. */

/** Amounts by the name of a matrix product or of a tensor. */
export type Amounts = Readonly<Record<string, number>>;

/** The size of a weight matrix. */
export interface MatrixSize {
  readonly inputs: number;
  readonly outputs: number;
}

/** Parameters of a layer. Biases are not counted: the config does not say which of them a checkpoint has. */
export interface Parameters {
  /** Elements of weight matrices, held in the weights' dtype. */
  readonly matrices: number;
  /** Elements of norm weights, held in float32. */
  readonly norms: number;
}

/** The tokens of one pass. */
export interface PassTokens {
  /** Tokens of all rows together, `N`. */
  readonly tokens: number;
  /** Tokens of one row, `T`. */
  readonly length: number;
  /**
   * Queries that attention multiplies at once. Each block of queries meets every key that one of them sees. Default:
   * each query meets the keys that it sees, `T / 2` of them on average.
   */
  readonly queryBlock?: number;
  /** Logits held at once. Default: `PIECE_ENTRIES`. */
  readonly pieceEntries?: number;
}

/** Gradients that a pass computes, or prepares, in addition to those of the computed units' gates. */
export interface PassGradients {
  /** Of the pruned units' gates. */
  readonly pruned?: boolean;
  /** Of the norm weights. */
  readonly norms?: boolean;
  /** Of the layer's input. Default: true. The first layer of a decoder does without it. */
  readonly input?: boolean;
  /** Rank of the LoRA matrices that the pass applies. Default: 0, no LoRA. */
  readonly rank?: number;
}

/** Elements that a forward pass keeps for the backward pass. */
export interface SavedElements {
  readonly float32: Amounts;
  /** Held in the weights' dtype. */
  readonly weightDtype: Amounts;
}

/** The norms of a residual sublayer: before it, after it, or both. */
export interface ResidualNorms {
  readonly pre: boolean;
  readonly post: boolean;
}

/** Elements of a sublayer's norms of the residual stream. Default: one norm. */
export function normElements(
  hiddenSize: number,
  { pre, post }: ResidualNorms = { pre: true, post: false },
): number {
  return hiddenSize * (Number(pre) + Number(post));
}

/** Elements of the output that a norm after a sublayer saves. */
export function savedOutput(tokens: number, hiddenSize: number, norms: ResidualNorms | undefined): number {
  return norms?.post ? tokens * hiddenSize : 0;
}

/** The cost of one pass through one layer. */
export interface PassCost {
  /** Floating-point operations of each matrix product. A multiplication and an addition count as two. */
  readonly operations: Amounts;
  readonly saved: SavedElements;
  /** Upper bound of the float32 elements that exist while the pass runs, saved ones not counted. */
  readonly transient: number;
}

/** The costs of one layer. */
export interface LayerCost {
  readonly parameters: Parameters;
  /** Weight matrices of the computed units, by name. LoRA adds a pair of matrices to each. */
  readonly matrices: Readonly<Record<string, MatrixSize>>;
  /** The matrix whose product is added to the residual stream. A refit solves for it. */
  readonly outputMatrix?: MatrixSize;
  /** Elements of the computed units' KV cache once it holds a row of `length` tokens. */
  kvCache(length: number): number;
  /** The forward pass alone. */
  forward(tokens: PassTokens, gradients?: PassGradients): PassCost;
  /** The forward pass of a training step. */
  forwardSaving(tokens: PassTokens, gradients?: PassGradients): PassCost;
  /** The backward pass of a training step. */
  backward(tokens: PassTokens, gradients?: PassGradients): PassCost;
}

export const NOTHING_SAVED: SavedElements = { float32: {}, weightDtype: {} };

/** Operations of the product `[N, inputs] × [inputs, outputs]`. */
export function productOperations(tokens: number, { inputs, outputs }: MatrixSize): number {
  return 2 * tokens * inputs * outputs;
}

/**
 * Upper bound of the elements that exist while a sublayer runs: eight tensors of its widest size. A test holds it
 * against a real pass.
 */
export function transientElements(tokens: number, width: number): number {
  return 8 * tokens * width;
}

export function matrixElements({ inputs, outputs }: MatrixSize): number {
  return inputs * outputs;
}

/** The sum of all amounts. */
export function totalAmount(amounts: Amounts): number {
  return Object.values(amounts).reduce((sum, amount) => sum + amount, 0);
}

/** Adds amounts of the same name. */
export function addAmounts(...all: readonly Amounts[]): Amounts {
  const sums: Record<string, number> = {};
  for (const amounts of all)
    for (const [name, amount] of Object.entries(amounts)) sums[name] = (sums[name] ?? 0) + amount;
  return sums;
}

/** Bytes of the weights, `bytesPerElement` for each element of a matrix. */
export function weightBytes({ matrices, norms }: Parameters, bytesPerElement: number): number {
  return bytesPerElement * matrices + 4 * norms;
}
