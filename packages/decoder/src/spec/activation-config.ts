import { UnsupportedModelError } from '../errors.js';
import type { Activation } from '../math/activation.js';
import type { ConfigFields } from './config-fields.js';

/** The activations by the names that transformers gives them (`ACT2FN`). */
const NAMES = new Map<unknown, Activation>([
  ['silu', 'silu'],
  ['swish', 'silu'],
  ['gelu', 'gelu'],
  ['gelu_python', 'gelu'],
  ['gelu_pytorch_tanh', 'gelu-tanh'],
  ['gelu_python_tanh', 'gelu-tanh'],
  ['gelu_new', 'gelu-tanh'],
  ['gelu_fast', 'gelu-tanh'],
  ['gelu_accurate', 'gelu-tanh'],
  ['quick_gelu', 'quick-gelu'],
  ['relu', 'relu'],
  ['relu2', 'relu2'],
]);

/**
 * The activation that a field of config.json names.
 *
 * @throws UnsupportedModelError
 */
export function activationOf(
  { raw }: ConfigFields,
  field: 'hidden_act' | 'hidden_activation',
  fallback: string,
): Activation {
  const name = raw[field] ?? fallback;
  const found = NAMES.get(name);
  if (found) return found;
  const names = [...NAMES.keys()].map(String);
  throw new UnsupportedModelError(
    `config.json: "${field}" ${JSON.stringify(name)?.slice(0, 80)} is not supported. Supported: ${names.join(', ')}.`,
    String(name),
    names,
  );
}
