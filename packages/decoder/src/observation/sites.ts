import { type UnitBlock, wildcard } from '@grasp/budget';
import type { DecoderParts } from '../decoder-parts.js';
import { DecoderInputError } from '../errors.js';
import { nameList } from '../weights/name-list.js';

/** Tensors of a sublayer that can be observed. */
export type SublayerSite = 'before' | 'normed' | 'inputs' | 'output' | 'after';

/** In the order in which a pass computes them. */
export const SUBLAYER_SITES: readonly SublayerSite[] = ['before', 'normed', 'inputs', 'output', 'after'];

/** Name of a sublayer: `layers.3.attention` or `layers.3.ffn`. */
export const sublayerName = ({ layer, kind }: Pick<UnitBlock, 'layer' | 'kind'>): string =>
  `layers.${layer}.${kind === 'kv' ? 'attention' : 'ffn'}`;

/** Name of a site of a sublayer. The inputs of the output matrix have the field's names. */
export function siteName(block: Pick<UnitBlock, 'layer' | 'kind'>, site: SublayerSite): string {
  const inputs = block.kind === 'kv' ? 'heads' : 'hidden';
  return `${sublayerName(block)}.${site === 'inputs' ? inputs : site}`;
}

type Sites = Pick<DecoderParts, 'config' | 'sublayers'>;

/** All sites of a model, from the bottom up. See `DecoderView.observe`. */
export function siteNames({ config, sublayers }: Sites): string[] {
  return config.layers.flatMap((_, layer) => [
    `layers.${layer}.before`,
    ...sublayers
      .filter(({ block }) => block.layer === layer)
      .flatMap(({ block }) => SUBLAYER_SITES.map((site) => siteName(block, site))),
    `layers.${layer}.after`,
  ]);
}

/**
 * The sites that names ask for. `*` in a name matches any characters: `layers.*.ffn.hidden`.
 *
 * @throws DecoderInputError for a name that matches no site.
 */
export function matchSites(parts: Sites, names: readonly string[]): ReadonlySet<string> {
  const all = siteNames(parts);
  const matched = new Set<string>();
  for (const name of names) {
    const matches = wildcard(name);
    const found = all.filter((site) => matches.test(site));
    if (found.length === 0) {
      throw new DecoderInputError(
        `No site of the model is called ${nameList([name])}. Sites are layers.N.before, layers.N.after, and ` +
          `layers.N.attention and layers.N.ffn with .before, .normed, .output, .after, and .heads or .hidden; N is from 0 to ` +
          `${parts.config.layers.length - 1}, and * matches any characters.`,
      );
    }
    for (const site of found) matched.add(site);
  }
  return matched;
}
