/** A model, or a part of one, for which a runtime's format has no place. */
export class InexpressibleModelError extends Error {
  override readonly name = 'InexpressibleModelError';
  readonly code = 'GRASP_EXPORT_INEXPRESSIBLE';
  constructor(
    readonly source: string,
    readonly target: 'transformers' | 'GGUF',
    /** What there is no place for. */
    readonly what: string,
    /** What to do instead. */
    advice: string,
  ) {
    super(`${source}: ${target} cannot express ${what}. ${advice}`);
  }
}
