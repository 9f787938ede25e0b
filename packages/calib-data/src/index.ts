export type { TokenBatch, TokenBlocks } from './token-blocks.js';
