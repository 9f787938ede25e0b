import { describe, expect, it } from 'vitest';
import { attentionCost } from './attention-cost.js';
import { feedForwardCost } from './feed-forward-cost.js';
import { headCost, PIECE_ENTRIES } from './head-cost.js';
import { addAmounts } from './layer-cost.js';

const TOKENS = { tokens: 20, length: 10 };

describe('attention with a window', () => {
  const shape = { hiddenSize: 8, headDim: 4, queriesPerKvHead: 3 };
  const units = { computed: 2, pruned: 0 };
  const whole = attentionCost(shape, units);
  const windowed = attentionCost({ ...shape, window: 5 }, units);

  it('multiplies fewer queries and keys', () => {
    // Of 10 tokens the first 5 see 2.5 keys on average, the others 5.
    const product = 2 * 20 * 3.75 * (2 * 3 * 4);
    const { operations } = windowed.forward(TOKENS);
    expect(operations).toMatchObject({ scores: product, mixing: product });
    expect(windowed.backward(TOKENS).operations).toMatchObject({ scores: 3 * product, mixing: 2 * product });
    expect(whole.forward(TOKENS).operations.scores).toBe(product / 0.75);
    expect(operations.queryKey).toBe(whole.forward(TOKENS).operations.queryKey);
  });

  it('caches only the last keys and values', () => {
    expect([3, 5, 9].map((length) => windowed.kvCache(length))).toEqual([3, 4, 4].map((n) => 2 * 2 * 4 * n));
    expect(whole.kvCache(9)).toBe(2 * 2 * 4 * 9);
    expect(attentionCost(shape, { computed: 2, pruned: 3 }).kvCache(9)).toBe(whole.kvCache(9));
  });
});

describe('an FFN without a gate matrix', () => {
  const plain = feedForwardCost({ hiddenSize: 8, gated: false }, { computed: 6, pruned: 4 });
  const gated = feedForwardCost({ hiddenSize: 8, gated: true }, { computed: 6, pruned: 4 });

  it('has two matrices in place of three', () => {
    expect(plain.parameters).toEqual({ matrices: 2 * 8 * 10, norms: 8 });
    expect(gated.parameters).toEqual({ matrices: 3 * 8 * 10, norms: 8 });
    expect(Object.keys(plain.matrices)).toEqual(['up', 'down']);
  });

  it('multiplies by these alone', () => {
    const product = 2 * 20 * 8;
    const forward = { up: 6 * product, down: 6 * product };
    expect(plain.forwardSaving(TOKENS, { pruned: true }).operations).toEqual({
      ...forward,
      prunedHidden: 4 * product,
      lora: 0,
    });
    expect(plain.backward(TOKENS, { pruned: true }).operations).toEqual({
      ...forward,
      prunedDown: 4 * product,
      lora: 0,
    });
    expect(gated.forwardSaving(TOKENS, { pruned: true }).operations.prunedHidden).toBe(2 * 4 * product);
  });

  it('saves what the backward pass needs of them', () => {
    expect(plain.forwardSaving(TOKENS, { pruned: true }).saved.weightDtype).toEqual({
      up: 20 * 6,
      output: 0,
      prunedHidden: 20 * 4,
    });
  });
});

describe('what exists while a sublayer runs', () => {
  const attention = (hiddenSize: number, pruned: number) =>
    attentionCost({ hiddenSize, headDim: 4, queriesPerKvHead: 3 }, { computed: 2, pruned });

  it('is eight times its widest tensor, pruned units included', () => {
    const feedForward = feedForwardCost({ hiddenSize: 8, gated: true }, { computed: 6, pruned: 4 });
    const narrow = feedForwardCost({ hiddenSize: 8, gated: true }, { computed: 2, pruned: 1 });
    expect(feedForward.forward(TOKENS).transient).toBe(8 * 20 * 10);
    expect(narrow.backward(TOKENS).transient).toBe(8 * 20 * 8);
    expect(attention(8, 1).forward(TOKENS).transient).toBe(8 * 20 * 36);
    expect(attention(99, 1).backward(TOKENS).transient).toBe(8 * 20 * 99);
  });
});

describe('the backward pass of attention', () => {
  it('goes through the input matrices unless nothing below or in its norm needs a gradient', () => {
    const cost = attentionCost(
      { hiddenSize: 8, headDim: 4, queriesPerKvHead: 3 },
      { computed: 2, pruned: 0 },
    );
    const inputs = (gradients?: { input?: boolean; norms?: boolean }) => {
      const { queryKey, value } = cost.backward(TOKENS, gradients).operations;
      return [queryKey, value];
    };
    const products = [2 * 20 * 8 * 32, 2 * 20 * 8 * 8];
    expect(inputs()).toEqual(products);
    expect(inputs({ input: false, norms: true })).toEqual(products);
    expect(inputs({ input: false })).toEqual([0, 0]);
  });
});

describe('the head', () => {
  const head = headCost({ hiddenSize: 8, vocabSize: 100, tied: true });

  it('holds three pieces of logits, of 64 vocabulary entries at least', () => {
    expect(head.forward(TOKENS).transient).toBe(3 * PIECE_ENTRIES);
    expect(head.forward({ ...TOKENS, pieceEntries: 5000 }).transient).toBe(3 * 5000);
    expect(head.forwardSaving({ ...TOKENS, pieceEntries: 1000 }).transient).toBe(3 * 64 * 20);
  });
});

describe('addAmounts', () => {
  it('adds amounts of the same name', () => {
    expect(addAmounts({ a: 1, b: 2 }, {}, { b: 3, c: 4 })).toEqual({ a: 1, b: 5, c: 4 });
  });
});
