import { realpath } from 'node:fs/promises';
import { SettingsError } from '@grasp/prune';
import type { OpenModel } from '../model.js';

/** Text of several kinds, for a comparison of tokenizers. */
const SAMPLE =
  'The quick brown fox — “jumps” over 1,234.5 lazy dogs.\n\n  def f(x):\n\treturn x ** 2  # naïve Größe 東京 🙂\n';

/** @throws SettingsError if the teacher is the pruned model itself, or its tokenizer cuts text into other tokens */
export async function assertTeacherFits(pruned: OpenModel, teacher: OpenModel): Promise<void> {
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
