import type { Checkpoint } from '@grasp/checkpoint';
import { configOf } from '@grasp/decoder';
import type { Engine } from '../../engine/open-engine.js';
import { modelFingerprint } from '../../run/run-identity.js';
import type { HealSettings } from '../settings.js';
import { TeacherCache } from './teacher-cache.js';

/**
 * Opens the cache of a teacher's predictions for a healing, or begins one. Reads every weight of the teacher.
 *
 * @throws TeacherCacheError if the folder holds predictions of another teacher, engine, dtype, block length or number of tokens
 */
export async function openTeacherCache(
  folder: string,
  {
    teacher,
    engine,
    settings: { dtype, length, topLogits },
  }: { readonly teacher: Checkpoint; readonly engine: Engine; readonly settings: HealSettings },
): Promise<TeacherCache> {
  return TeacherCache.open(folder, {
    teacher: await modelFingerprint(teacher),
    engine: engine.description,
    ...{ dtype, length, topLogits },
    vocabSize: configOf(teacher).vocabSize,
  });
}
