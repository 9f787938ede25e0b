/** Settings of a healing that have no effect under a value of another one. */
const UNUSED: readonly (readonly [name: string, value: unknown, unused: readonly string[]])[] = [
  ['train', 'lora', ['learningRate', 'embedding']],
  ['train', 'all', ['rank', 'loraLearningRate']],
  ['teacherShare', 0, ['topLogits']],
  ['heldOut', 0, ['evalEvery']],
];

/** The settings of a healing that had an effect, with their values. LoRA, for example, leaves the embedding as it is. */
export function usedHealSettings(
  settings: Readonly<Record<string, unknown>>,
): [name: string, value: unknown][] {
  const unused = UNUSED.flatMap(([name, value, names]) => (settings[name] === value ? names : []));
  return Object.entries(settings).filter(([name]) => !unused.includes(name));
}
