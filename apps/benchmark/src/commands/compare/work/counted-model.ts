import type { Decoder, DecoderView, TokenBatch } from '@grasp/decoder';

/** What a choice asks of a model, in blocks of text. */
export interface AskedOfModel {
  /** Forward passes without a gradient. */
  forward: number;
  /** Gradients, with the forward passes that they need. */
  gradients: number;
}

/** What each question about a view costs: the rows of its batches. */
const QUESTIONS: Partial<Record<keyof DecoderView, keyof AskedOfModel>> = {
  lossAndGradients: 'gradients',
  weightProducts: 'gradients',
  outputGradients: 'gradients',
  negLogLikelihood: 'forward',
  teacherRows: 'forward',
  logits: 'forward',
  observe: 'forward',
  inputMoments: 'forward',
};

/** A model that counts what it is asked, whoever asks: `asked` grows as it answers. */
export function countedModel(decoder: Decoder, asked: AskedOfModel): Decoder {
  return new Proxy(decoder, {
    get(target, name, proxy) {
      if (name === 'under')
        return (...parameters: Parameters<Decoder['under']>) =>
          countedView(target.under(...parameters), asked);
      return Reflect.get(target, name, proxy); // methods of a decoder ask a view of this proxy
    },
  });
}

function countedView(view: DecoderView, asked: AskedOfModel): DecoderView {
  return new Proxy(view, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const kind = QUESTIONS[name as keyof DecoderView];
      if (!kind) return value.bind(target);
      const count = (batch: TokenBatch) => {
        asked[kind] += batch.shape[0];
        return batch;
      };
      return (batches: TokenBatch | Iterable<TokenBatch>, ...rest: unknown[]) => {
        if ('shape' in batches) return value.call(target, count(batches), ...rest);
        const counted = Array.isArray(batches) ? batches.map(count) : counting(batches, count);
        return value.call(target, counted, ...rest);
      };
    },
  });
}

/** The batches of an iterable, each counted when it is read. */
function* counting(batches: Iterable<TokenBatch>, count: (batch: TokenBatch) => TokenBatch) {
  for (const batch of batches) yield count(batch);
}
