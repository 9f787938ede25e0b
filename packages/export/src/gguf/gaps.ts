import type { GgufArchitecture } from '@grasp/checkpoint';
import { type DecoderConfig, type LayerAttention, rotaryFrequencies } from '@grasp/decoder';

/** Relative difference that float32 in the metadata, and settings found from divisors, may cause. */
const TOLERANCE = 2e-4;

/**
 * What of a decoder a GGUF file would not say: each trait in which the decoder that the file stands for differs, in words.
 *
 * @param read the decoder of the file's config.json
 */
export function gaps(decoder: DecoderConfig, read: DecoderConfig, architecture: GgufArchitecture): string[] {
  const found: string[] = [];
  const check = (same: boolean, what: string) => {
    if (!same) found.push(what);
  };
  check(decoder.activation === read.activation, `the activation ${decoder.activation}`);
  check(decoder.gatedFeedForward === read.gatedFeedForward, 'its kind of FFN');
  check(placesOfNorms(decoder) === placesOfNorms(read), 'the places of its norms');
  check(decoder.normOffset === read.normOffset, 'the offset of its norms');
  check(decoder.queryKeyNorm === read.queryKeyNorm, 'its norms of queries and keys');
  check(near(decoder.embeddingScale, read.embeddingScale), 'its factor on embeddings');
  check(near(decoder.residualScale, read.residualScale), 'its factor on sublayers');
  check(near(decoder.logitScale, read.logitScale), 'its factor on logits');
  check(
    near(decoder.attentionScale, read.attentionScale),
    `attention scores scaled by ${decoder.attentionScale}`,
  );
  check(decoder.attentionCap === read.attentionCap, 'its soft cap of attention scores');
  check(decoder.logitCap === read.logitCap, 'its soft cap of logits');
  check(!(architecture.head === 'tied' && !decoder.tiedHead), 'a head that is not the embedding');
  for (const bias of decoder.biases) {
    check(architecture.biases.includes(`${bias}_proj`), `the bias of ${bias}_proj`);
  }
  const layer = decoder.attention.findIndex((own, index) => {
    const { contextLength } = read;
    return !sameSpan(own, read.attention[index]!, contextLength);
  });
  check(layer < 0, `the window of layer ${layer}`);
  const turned = decoder.attention.findIndex(
    (own, index) => !sameRotation(own, read.attention[index]!, read.contextLength),
  );
  check(turned < 0, `the rotary embedding of layer ${turned}${scalingOf(decoder.attention[turned])}`);
  check(
    !decoder.attention.some(({ rotary }) => rotary && rotary.dims % 2 === 1),
    'an odd number of rotated entries of a head',
  );
  check(
    !architecture.rope?.unscaled ||
      decoder.attention.every(({ rotary }) => (rotary?.scaling ?? 'none') === 'none'),
    'scaling of the rotary embedding beside layers with a window',
  );
  check(!decoder.attention.some(hasEmptyRamp), 'a YaRN ramp that ends before the first frequency');
  return found;
}

/** Whether YaRN's ramp ends before the first frequency, where transformers keeps all of them and llama.cpp none. */
const hasEmptyRamp = ({ rotary }: LayerAttention): boolean => {
  if (rotary?.scaling !== 'yarn') return false;
  const { dims, theta, betaSlow, originalContextLength } = rotary;
  const turns = originalContextLength / (2 * Math.PI * betaSlow);
  return (dims * Math.log(turns)) / (2 * Math.log(theta)) <= -1;
};

const near = (a: number, b: number): boolean => Math.abs(a - b) <= TOLERANCE * Math.abs(a);

const placesOfNorms = ({ norms }: DecoderConfig): string =>
  JSON.stringify([norms.attention, norms.feedForward].map(({ pre, post }) => [Boolean(pre), Boolean(post)]));

/** Whether queries see the same keys within a context. */
function sameSpan(a: LayerAttention, b: LayerAttention, context: number): boolean {
  const span = ({ window = context }: LayerAttention) => Math.min(window, context);
  return span(a) === span(b);
}

/** Whether queries and keys are rotated alike in texts up to a context. */
function sameRotation(
  { rotary: a }: LayerAttention,
  { rotary: b }: LayerAttention,
  context: number,
): boolean {
  if (!a || !b) return a === b;
  const frequencies = (read: number) => {
    const theirs = rotaryFrequencies(b, read);
    return rotaryFrequencies(a, read).every((frequency, i) => near(frequency, theirs[i]!));
  };
  return (
    a.dims === b.dims &&
    a.interleaved === b.interleaved &&
    near(a.attentionFactor, b.attentionFactor) &&
    near(a.queryScale?.beta ?? 0, b.queryScale?.beta ?? 0) &&
    a.queryScale?.contextLength === b.queryScale?.contextLength &&
    frequencies(0) &&
    frequencies(context)
  );
}

function scalingOf(attention: LayerAttention | undefined): string {
  if (!attention?.rotary) return attention ? ', which has none' : '';
  return attention.rotary.scaling === 'none' ? '' : ` with ${attention.rotary.scaling} scaling`;
}
