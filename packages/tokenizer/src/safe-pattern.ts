/**
 * Decides which regular expressions of a tokenizer.json are safe to run.
 *
 * The native engine backtracks, and aborts the process after ten million steps. The splitting patterns in use are
 * alternatives of short runs of character classes, and backtracking stays within a run. This module accepts only such
 * patterns: a repeated group must have a fixed length, references are not allowed, and at most two open-ended
 * repetitions may follow each other.
 */

import { LIMITS } from './limits.js';

/** Properties of a part of a pattern: its open-ended repetitions in a row, and whether its length is fixed. */
interface Shape {
  readonly repeats: number;
  readonly fixed: boolean;
}

const GROUP = /\((?:\?(?:i?:|<?[=!]))?(?!\?)/y;
const ESCAPE =
  /\\(?:[pP]\{\^?\w+\}|x\{[\dA-Fa-f]+\}|x[\dA-Fa-f]{2}|u[\dA-Fa-f]{4}|[AbBdDhHnrRsStvwWzZ]|[^\w\s])/y;
const QUANTIFIER = /(?:[*+?]|\{(\d*)(,?)(\d*)\})[?+]?/y;

/** Returns why a pattern is not safe, or undefined if it is. */
export function unsafePattern(pattern: string): string | undefined {
  if (pattern.length > LIMITS.patternLength) return `has more than ${LIMITS.patternLength} characters`;
  try {
    const reader = new PatternReader(pattern);
    reader.alternatives(0);
    return reader.at === pattern.length ? undefined : 'has a parenthesis that closes nothing';
  } catch (error) {
    if (error instanceof UnsafePattern) return error.message;
    throw error;
  }
}

class UnsafePattern extends Error {}

class PatternReader {
  at = 0;

  constructor(readonly pattern: string) {}

  #next(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.at;
    const match = expression.exec(this.pattern);
    if (match) this.at += match[0].length;
    return match;
  }

  /** Reads alternatives up to a closing parenthesis or the end. */
  alternatives(depth: number): Shape {
    if (depth > LIMITS.patternDepth) throw new UnsafePattern('nests groups too deeply');
    const shapes = [this.#sequence(depth)];
    while (this.pattern[this.at] === '|') {
      this.at++;
      shapes.push(this.#sequence(depth));
    }
    const repeats = Math.max(...shapes.map((shape) => shape.repeats));
    return { repeats, fixed: shapes.length === 1 && shapes[0]!.fixed };
  }

  #sequence(depth: number): Shape {
    let repeats = 0;
    let fixed = true;
    while (this.at < this.pattern.length && !'|)'.includes(this.pattern[this.at]!)) {
      const atom = this.#atom(depth);
      const count = this.#quantifier();
      if (count !== 'one' && !atom.fixed && count !== 'maybe')
        throw new UnsafePattern('repeats a group of no fixed length');
      repeats += atom.repeats + (count === 'many' ? 1 : 0);
      fixed &&= atom.fixed && count === 'one';
      if (repeats > LIMITS.patternRepeats)
        throw new UnsafePattern(`has more than ${LIMITS.patternRepeats} open-ended repetitions in a row`);
    }
    return { repeats, fixed };
  }

  /** Reads a character, a class, or a group. */
  #atom(depth: number): Shape {
    const one = { repeats: 0, fixed: true };
    const start = this.pattern[this.at]!;
    if (start === '(') {
      if (!this.#next(GROUP)) throw new UnsafePattern('has a kind of group that is not supported');
      const inner = this.alternatives(depth + 1);
      if (this.pattern[this.at++] !== ')') throw new UnsafePattern('has a parenthesis that is not closed');
      return inner;
    }
    if (start === '\\') {
      if (!this.#next(ESCAPE)) throw new UnsafePattern('has an escape that is not supported');
      return one;
    }
    if (start === '[') {
      this.#class();
      return one;
    }
    if ('*+?{'.includes(start)) throw new UnsafePattern('repeats nothing');
    this.at += String.fromCodePoint(this.pattern.codePointAt(this.at)!).length;
    return one;
  }

  /** Reads a class in brackets. Classes may contain classes. */
  #class(): void {
    let depth = 0;
    do {
      const character = this.pattern[this.at];
      if (character === undefined) throw new UnsafePattern('has a class that is not closed');
      if (character === '[') depth++;
      if (character === ']') depth--;
      this.at += character === '\\' ? 2 : 1;
    } while (depth > 0);
  }

  #quantifier(): 'one' | 'maybe' | 'some' | 'many' {
    const match = this.#next(QUANTIFIER);
    if (!match) return 'one';
    if ('*+?{'.includes(this.pattern[this.at] ?? '-')) throw new UnsafePattern('repeats a repetition');
    const [all, low = '', comma, high = ''] = match;
    if (all.startsWith('?')) return 'maybe';
    if (comma === undefined) return 'many';
    const most = comma !== '' && high === '' ? Number.POSITIVE_INFINITY : Number(high || low);
    if (most > LIMITS.patternCount) return 'many';
    return comma === '' || low === high ? 'one' : 'some';
  }
}
