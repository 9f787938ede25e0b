import { methodFromModule, type PruningMethod, rivals, type SettingsInput } from '@grasp/prune';
import { BenchOptionError } from '../../shared/options/bench-option-error.js';

/** A method of the comparison. */
export interface ComparedMethod {
  /** Unique name, usable in file names. */
  readonly name: string;
  /** What its choice sets; its recovery is not used. */
  readonly settings: SettingsInput;
  /** A method that is not built in. */
  readonly given?: PruningMethod;
}

/** This project's, by the settings of their choice. */
const OWN: Readonly<Record<string, SettingsInput>> = {
  grasprune: { method: 'grasprune' },
  'grasp+': { method: 'grasp+' },
  importance: { method: 'grasp+', importance: { within: 'importance' } },
};

/** What a method needs beside its name: ShortGPT removes whole layers. */
const SPECIAL: Readonly<Record<string, SettingsInput>> = { shortgpt: { projection: { minimum: 0 } } };

/** Names of the built-in methods. */
export const METHOD_NAMES: readonly string[] = [...Object.keys(rivals), ...Object.keys(OWN)];

/**
 * The methods that a user asks for.
 *
 * @param names of built-in methods, or paths of modules whose default export is a `PruningMethod`.
 * @throws BenchOptionError for an unknown name, or two methods of one name; MethodError for a module that exports none.
 */
export async function comparedMethods(names: readonly string[]): Promise<ComparedMethod[]> {
  const methods: ComparedMethod[] = [];
  for (const name of names) {
    const method = await comparedMethod(name);
    if (methods.some((other) => other.name === method.name))
      throw new BenchOptionError(`Two methods have the name "${method.name}".`, 'method');
    methods.push(method);
  }
  return methods;
}

async function comparedMethod(name: string): Promise<ComparedMethod> {
  if (METHOD_NAMES.includes(name))
    return { name, settings: OWN[name] ?? { method: name as keyof typeof rivals, ...SPECIAL[name] } };
  if (!/\.[cm]?[jt]s$/.test(name)) {
    throw new BenchOptionError(
      `"${name}" is not a known method. Known: ${METHOD_NAMES.join(', ')}; or give the path of a module.`,
      'method',
    );
  }
  const given = await methodFromModule(name);
  return { name: given.name.replace(/[^\w.+-]+/g, '-'), settings: {}, given };
}
