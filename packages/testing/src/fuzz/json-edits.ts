import fc from 'fast-check';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** One change of a document: its position, as fractions, and the new value. */
interface JsonEdit {
  readonly at: number;
  readonly kind: 'set' | 'delete' | 'repeat' | 'graft' | 'text';
  readonly value: Json;
  readonly from: number;
}

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** Some changes of a document, with values to put in. */
export function jsonEdits(values: readonly Json[]): fc.Arbitrary<JsonEdit[]> {
  const edit = fc.record({
    at: place,
    kind: fc.constantFrom('set', 'set', 'set', 'delete', 'repeat', 'graft', 'graft', 'text'),
    value: fc.constantFrom(...values),
    from: place,
  }) satisfies fc.Arbitrary<JsonEdit>;
  return fc.array(edit, { minLength: 1, maxLength: 3 });
}

/** Every value in a document, with its parent. */
function places(holder: Json): [Record<string, Json>, string][] {
  if (typeof holder !== 'object' || holder === null) return [];
  const object = holder as Record<string, Json>;
  return Object.keys(object).flatMap((key): [Record<string, Json>, string][] => [
    [object, key],
    ...places(object[key]!),
  ]);
}

/**
 * Applies one change in place.
 *
 * @param donors documents whose parts can be put in
 */
export function applyJsonEdit(
  document: Json,
  { at, kind, value, from }: JsonEdit,
  donors: readonly Json[],
): void {
  const all = places(document);
  if (all.length === 0) return;
  const [holder, key] = all[Math.floor(at * all.length)]!;
  const old = holder[key]!;
  if (kind === 'set') holder[key] = structuredClone(value);
  else if (kind === 'delete') {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
  } else if (kind === 'repeat')
    holder[Array.isArray(holder) ? String(holder.length) : String(value)] = structuredClone(old);
  else if (kind === 'text') {
    const cut = Math.floor(from * String(old).length);
    holder[key] = String(old).slice(0, cut) + String(value) + String(old).slice(cut + 1);
  } else {
    const others = donors.flatMap(places);
    const [other, name] = others[Math.floor(from * others.length)]!;
    holder[key] = structuredClone(other[name]!);
  }
}
