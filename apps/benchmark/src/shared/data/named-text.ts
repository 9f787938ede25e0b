import {
  CORPUS_NAMES,
  type CorpusName,
  corpus,
  evaluationSplit,
  type TextSource,
  textFile,
} from '@grasp/calib-data';
import { BenchOptionError } from '../options/bench-option-error.js';

/** A text as given on the command line: `wikitext2` (from the Hugging Face Hub) or `NAME=PATH`. */
export interface NamedText {
  readonly name: string;
  readonly path?: string;
}

/**
 * Parses `NAME` or `NAME=PATH`. A path may contain `=`.
 *
 * @param option name of the option, for the message
 * @throws BenchOptionError if the name is no part of a file name, the path is empty, or there is neither a path nor a corpus
 */
export function namedText(argument: string, option: string): NamedText {
  const [, name = argument, , path] = /^([^=]*)(=(.*))?$/s.exec(argument) ?? [];
  const refuse = (problem: string): never => {
    throw new BenchOptionError(`--${option} ${argument}: ${problem}`, option);
  };
  if (path === undefined) {
    if (corpusNamed(name)) return { name };
    return refuse(unknown(argument));
  }
  if (path === '') refuse('there is no path after "=".');
  if (!/^[\w.-]+$/.test(name)) refuse('the name before "=" may have letters, digits, ".", "_" and "-".');
  return { name, path };
}

const unknown = (name: string): string =>
  `no corpus has this name. Known: ${CORPUS_NAMES.join(', ')}. For a file give NAME=${name}.`;

const corpusNamed = (name: string): CorpusName | undefined => CORPUS_NAMES.find((each) => each === name);

/**
 * Parses several texts. A text that is given twice counts once.
 *
 * @param option name of the option, for the message
 * @throws BenchOptionError as `namedText`, or if two texts have one name, by which results tell them apart
 */
export function namedTexts(given: readonly string[], option: string): NamedText[] {
  const texts = [...new Set(given)].map((text) => namedText(text, option));
  for (const [i, { name }] of texts.entries()) {
    if (texts.findIndex((other) => other.name === name) === i) continue;
    throw new BenchOptionError(
      `--${option}: two texts have the name ${name}. Give each a name of its own: NAME=FILE.`,
      option,
    );
  }
  return texts;
}

/**
 * Opens a text: its file if it has a path, otherwise the corpus of that name.
 *
 * @param splitOf split of a corpus. Default: the split to evaluate on.
 * @throws BenchOptionError if the text has no path and no corpus has its name
 */
export function textSource(
  { name, path }: NamedText,
  splitOf: (name: CorpusName) => string = evaluationSplit,
): TextSource {
  if (path !== undefined) return textFile(path);
  const known = corpusNamed(name);
  if (known === undefined) throw new BenchOptionError(`${name}: ${unknown(name)}`, 'text');
  return corpus(known, splitOf(known));
}
