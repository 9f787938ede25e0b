import * as z from 'zod';
import { group } from './group.js';

/** The calibration text in blocks, and which of its tokens count. */
export const textGroup = group(
  {
    blocks: z.int().min(1).default(512).describe('maximum number of calibration blocks'),
    length: z.int().min(2).default(512).describe('tokens per block'),
    batch: z.int().min(1).default(1).describe('blocks per step'),
    lossOn: z
      .enum(['all', 'replies'])
      .optional()
      .describe(
        'tokens of conversations that count in the losses of gates, importance and tuning (default: all)',
      )
      .meta({ flag: 'loss-on' }),
  },
  { prefix: '', heading: 'Calibration text' },
);
