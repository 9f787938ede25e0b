/** Progress of a push: bytes done in a stage, and of how many. */
export interface PushEvent {
  readonly stage: 'compare' | 'hash' | 'upload' | 'commit';
  readonly done: number;
  readonly total: number;
}
