import { createHash } from 'node:crypto';
import { wheelOf } from '../../download/test/fake-index.js';
import { zip } from '../../download/test/zip.js';
import type { NamedModel } from '../src/catalogue/named-model.js';

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** A model of the given content, cut into parts of these lengths, and the wheels that hold them. */
export function smallModel(content: Buffer, lengths: readonly number[]) {
  const wheels: Record<string, Buffer> = {};
  let at = 0;
  const parts = lengths.map((bytes, i) => {
    const name = `small-part${i + 1}`;
    const path = `small_part${i + 1}/data/part.bin`;
    const wheel = zip({ [`small_part${i + 1}/__init__.py`]: '', [path]: content.subarray(at, at + bytes) });
    at += bytes;
    wheels[`${name}==1.0`] = wheel;
    return { wheel: wheelOf(name, '1.0', wheel), path, bytes };
  });
  const model: NamedModel = {
    name: 'small',
    description: 'a small model',
    architecture: 'llama',
    parameters: '1K',
    quantization: 'F32',
    licence: { name: 'MIT', url: 'https://example.org/licence' },
    hub: { id: 'owner/small', revision: 'main', path: 'small.gguf' },
    parts,
    file: 'small.gguf',
    bytes: content.length,
    sha256: sha256(content),
  };
  return { model, wheels };
}
