import { readFile } from 'node:fs/promises';
import type { HumanEvalItem } from '@grasp/eval';
import { assertWritable, parseJson, replaceFile, writeError } from '@grasp/files';
import { SettingsError } from '@grasp/prune';
import * as z from 'zod';

const headSchema = z.object({
  model: z.string(),
  /** The address of a server, or a fingerprint of the weights: the same path may hold another model later. */
  source: z.string(),
  maxTokens: z.number(),
  seconds: z.number(),
});
const itemSchema = z.object({
  id: z.string(),
  completion: z.string(),
  passed: z.boolean(),
  outcome: z.string(),
});

/** What the results of a file belong to. */
export type ResultsOf = Readonly<z.infer<typeof headSchema>>;

/** How a message names what is different in a file. */
const told: { readonly [Name in keyof ResultsOf]: (value: ResultsOf[Name]) => string } = {
  model: (name) => `of the model ${name}`,
  source: (source) => (URL.canParse(source) ? `from ${source}` : 'of other weights'),
  maxTokens: (tokens) => `with --max-tokens ${tokens}`,
  seconds: (seconds) => `with --seconds ${seconds}`,
};

function differences(theirs: ResultsOf, ours: ResultsOf): string[] {
  const different = <Name extends keyof ResultsOf>(name: Name) =>
    theirs[name] === ours[name] ? [] : [told[name](theirs[name])];
  return [...different('model'), ...different('source'), ...different('maxTokens'), ...different('seconds')];
}

/** Results in a file, one line each behind a line that says what they belong to. The file is whole at any time. */
export class ResultsFile {
  private constructor(
    private readonly path: string,
    private readonly of: ResultsOf,
    private items: readonly HumanEvalItem[],
  ) {}

  /**
   * Opens a file, which may be missing.
   *
   * @throws SettingsError if it is another file, or one of other results; FileWriteError if it cannot be read or written
   */
  static async open(path: string, of: ResultsOf): Promise<ResultsFile> {
    await assertWritable(path);
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw writeError(path, error);
    });
    if (text === undefined) return new ResultsFile(path, of, []);
    const [head, ...items] = text.trim().split('\n');
    const found = headSchema.safeParse(parsed(head));
    const results = z.array(itemSchema).safeParse(items.map(parsed));
    if (!found.success || !results.success) {
      throw new SettingsError(
        `--out: ${path} exists, and holds no results of HumanEval. Choose another name.`,
        ['out'],
      );
    }
    const different = differences(found.data, of);
    if (different.length > 0) {
      const problem = `${path} holds results ${different.join(', ')}. Choose another name.`;
      throw new SettingsError(`--out: ${problem}`, ['out']);
    }
    return new ResultsFile(
      path,
      of,
      results.data.map((item) => ({ kind: 'item', ...item })),
    );
  }

  /** The results so far. */
  get earlier(): readonly HumanEvalItem[] {
    return this.items;
  }

  /** Adds a result, unless it is there. @throws FileWriteError */
  async add(item: HumanEvalItem): Promise<void> {
    if (this.items.some(({ id }) => id === item.id)) return;
    this.items = [...this.items, item];
    const lines = [this.of, ...this.items.map(({ kind: _, ...rest }) => rest)];
    await replaceFile(this.path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }
}

function parsed(line: string | undefined): unknown {
  try {
    return parseJson(line ?? '');
  } catch {
    return undefined;
  }
}
