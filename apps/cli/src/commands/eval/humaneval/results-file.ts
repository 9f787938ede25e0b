import { readFile } from 'node:fs/promises';
import type { HumanEvalItem } from '@grasp/eval';
import { parseJson, replaceFile } from '@grasp/files';
import { SettingsError } from '@grasp/prune';
import * as z from 'zod';

/** What the results of a file belong to. */
export interface ResultsOf {
  readonly model: string;
  readonly maxTokens: number;
}

const headSchema = z.object({ model: z.string(), maxTokens: z.number() });
const itemSchema = z.object({
  id: z.string(),
  completion: z.string(),
  passed: z.boolean(),
  outcome: z.string(),
});

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
   * @throws SettingsError if it is another file, or one of other results
   */
  static async open(path: string, of: ResultsOf): Promise<ResultsFile> {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
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
    const { model, maxTokens } = found.data;
    if (model !== of.model || maxTokens !== of.maxTokens) {
      const theirs = `${model} with --max-tokens ${maxTokens}`;
      throw new SettingsError(`--out: ${path} holds results of ${theirs}. Choose another name.`, ['out']);
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

  /** Adds a result, unless it is there. */
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
