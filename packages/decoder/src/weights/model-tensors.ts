import type { Checkpoint, TensorInfo } from '@grasp/checkpoint';
import type { DecoderConfig } from '../spec/config.js';
import { expectedTensors } from './expected-tensors.js';
import { fusedGroups, type StoredRows, splitRows } from './fused-tensors.js';
import { nameList } from './name-list.js';
import { EMBEDDING, HEAD } from './tensor-names.js';

/** The tensors of a checkpoint that its model has, as transformers 5 finds them. */
export interface ModelTensors {
  /** The tensors by their names in the model, in file order. Missing biases come last. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Where each tensor is stored. Missing biases, which are zero, are not. */
  readonly stored: ReadonlyMap<string, StoredRows>;
  /** The stored name of a head that config.json ties to the embedding, if both are stored. */
  readonly tiedHead: string | undefined;
  /** One sentence for each deviation from config.json. */
  readonly warnings: readonly string[];
}

/** Buffers that older versions of transformers saved. A model computes them itself. */
const BUFFERS = /(^|\.)(rotary_emb\.(inv_freq|cos_cached|sin_cached)|masked_bias|position_ids)$/;

/**
 * Finds the tensors of a model in a checkpoint, from the headers alone.
 *
 * - A name may lack the prefix `model.`, have it once too often, or have that of a language model within another model.
 * - A fused tensor counts as its parts.
 * - If config.json ties the head to the embedding, one of the two is enough. If both are stored, this function takes the
 *   embedding. Only the values tell whether that is right, see `openDecoderCheckpoint`.
 * - A bias that config.json asks for and the checkpoint lacks is zero.
 * - All other tensors are left out.
 */
export function modelTensors(
  { source = 'The checkpoint', tensors: all }: Pick<Checkpoint, 'tensors'> & { readonly source?: string },
  config: DecoderConfig,
): ModelTensors {
  const { stored, unknown } = storedNames(all, config);
  const warnings: string[] = [];
  let tiedHead: string | undefined;
  if (config.tiedHead && stored.has(HEAD)) {
    const head = stored.get(HEAD)!;
    stored.delete(HEAD);
    if (stored.has(EMBEDDING)) tiedHead = head;
    else {
      stored.set(EMBEDDING, head);
      warnings.push(
        `${EMBEDDING} is missing. ${HEAD}, which config.json ties to it, is used for both, as in transformers 5.`,
      );
    }
  }
  if (unknown.length > 0) {
    const { modelType } = config.architecture;
    warnings.push(
      `Tensors that a ${modelType} model with this config.json lacks: ${nameList(unknown)}. They are ignored.`,
    );
  }
  const order = new Map([...all.keys()].map((name, at) => [name, at]));
  const tensors = new Map(
    [...stored]
      .sort(([, a], [, b]) => order.get(a)! - order.get(b)!)
      .map(([name, from]) => [name, { ...all.get(from)!, name }]),
  );
  const from = new Map<string, StoredRows>([...stored].map(([name, own]) => [name, { stored: own }]));
  for (const group of fusedGroups(config)) {
    const fused = tensors.get(group.name);
    if (!fused) continue;
    tensors.delete(group.name);
    from.delete(group.name);
    for (const part of splitRows(source, group, { ...fused, name: stored.get(group.name)! })) {
      tensors.set(part.info.name, part.info);
      from.set(part.info.name, part.from);
    }
  }
  const missing = missingBiases(tensors, config);
  for (const bias of missing) tensors.set(bias.name, bias);
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name);
    warnings.push(
      `Biases that config.json asks for are missing: ${nameList(names)}. They are zero, as in transformers.`,
    );
  }
  return { tensors, stored: from, tiedHead, warnings };
}

/** The stored name of each name that the model may have, and the names that it cannot have. */
function storedNames(all: ReadonlyMap<string, TensorInfo>, config: DecoderConfig) {
  const known = knownNames(config);
  const stored = new Map<string, string>();
  const unknown: string[] = [];
  for (const name of all.keys()) {
    const own = known.has(name)
      ? name
      : otherNames(name).find((other) => known.has(other) && !all.has(other) && !stored.has(other));
    if (own !== undefined) stored.set(own, name);
    else if (!BUFFERS.test(name)) unknown.push(name);
  }
  return { stored, unknown };
}

/** The names that a stored tensor may have in the model, if not its own. */
function otherNames(name: string): string[] {
  const inner = name.replace(/^(model\.)?language_model\.(model\.)?/, '');
  return [`model.${name}`, name.replace(/^model\./, ''), inner, `model.${inner}`];
}

/** All names of the model, including the norms and biases of layer parts without units, which files still hold. */
function knownNames(config: DecoderConfig): ReadonlySet<string> {
  const layers = config.layers.map(() => ({ channels: 1, kvHeads: 1 }));
  const whole = { ...config, layers };
  return new Set([
    ...[...expectedTensors(whole)].map(({ name }) => name),
    ...fusedGroups(whole).map(({ name }) => name),
    HEAD,
  ]);
}

function missingBiases(tensors: ReadonlyMap<string, TensorInfo>, config: DecoderConfig): TensorInfo[] {
  const missing: TensorInfo[] = [];
  for (const { name, shape, optional } of expectedTensors(config)) {
    if (!optional || tensors.has(name)) continue;
    const dtype = tensors.get(name.replace(/bias$/, 'weight'))?.dtype;
    if (dtype) missing.push({ name, shape, dtype }); // without the weight there is nothing to complete
  }
  return missing;
}
