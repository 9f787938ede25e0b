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

/** Parses `NAME` or `NAME=PATH`. A path may contain `=`. */
export function namedText(argument: string): NamedText {
  const at = argument.indexOf('=');
  return at < 0 ? { name: argument } : { name: argument.slice(0, at), path: argument.slice(at + 1) };
}

/**
 * Parses several texts. A text that is given twice counts once.
 *
 * @param option name of the option, for the message
 * @throws BenchOptionError if two texts have one name, by which results tell them apart
 */
export function namedTexts(given: readonly string[], option: string): NamedText[] {
  const texts = [...new Set(given)].map(namedText);
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
 * @throws BenchOptionError if the text has no path and no corpus has its name.
 */
export function textSource(
  { name, path }: NamedText,
  splitOf: (name: CorpusName) => string = evaluationSplit,
): TextSource {
  if (path !== undefined) return textFile(path);
  const known = CORPUS_NAMES.find((each) => each === name);
  if (known === undefined) {
    const names = CORPUS_NAMES.join(', ');
    throw new BenchOptionError(
      `"${name}" is not a known corpus. Known: ${names}. For another text give a file: ${name}=PATH.`,
      name,
    );
  }
  return corpus(known, splitOf(known));
}
