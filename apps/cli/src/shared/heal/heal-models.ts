import { realpath } from 'node:fs/promises';
import { elementCount } from '@grasp/checkpoint';
import { SettingsError } from '@grasp/prune';
import { type OpenHow, type OpenModel, withModel } from '../model.js';

/** A model to heal, and its teacher. */
export interface HealModels {
  readonly pruned: OpenModel;
  readonly teacher: OpenModel;
}

/**
 * Opens a pruned model and its teacher, checks that they fit together, calls `work`, and closes both in any case.
 *
 * @param paths paths or names
 * @throws SettingsError if the teacher is the pruned model itself, or its tokenizer cuts text into other tokens
 */
export function withHealModels<Result>(
  paths: Readonly<Record<keyof HealModels, string>>,
  how: OpenHow,
  work: (models: HealModels) => Promise<Result>,
): Promise<Result> {
  return withModel(paths.pruned, how, (pruned) =>
    withModel(paths.teacher, how, async (teacher) => {
      await assertTeacherFits(pruned, teacher);
      if (elementsOf(teacher) < elementsOf(pruned))
        how.terminal.note(
          'warning: the teacher has fewer parameters than the model to heal. Are the two swapped?',
        );
      return await work({ pruned, teacher });
    }),
  );
}

/** Text of several kinds, for a comparison of tokenizers. */
const SAMPLE =
  'The quick brown fox — “jumps” over 1,234.5 lazy dogs.\n\n  def f(x):\n\treturn x ** 2  # naïve Größe 東京 🙂\n';

async function assertTeacherFits(pruned: OpenModel, teacher: OpenModel): Promise<void> {
  if ((await realpath(pruned.path)) === (await realpath(teacher.path)))
    throw new SettingsError(
      `--teacher ${teacher.path}: this is the pruned model itself, which can teach nothing new. Name the dense model.`,
      ['teacher'],
    );
  const [own, other] = [await pruned.tokenizer.encode(SAMPLE), await teacher.tokenizer.encode(SAMPLE)];
  if (own.length === other.length && own.every((id, i) => id === other[i])) return;
  throw new SettingsError(
    `--teacher ${teacher.path}: its tokenizer differs from that of ${pruned.path}. Use a teacher with the same tokenizer.`,
    ['teacher'],
  );
}

/** Elements of all tensors of a model. */
const elementsOf = ({ checkpoint }: OpenModel): number =>
  [...checkpoint.tensors.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0);
