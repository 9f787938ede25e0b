/** How far a push is: bytes done of all that the stage goes through. */
export interface PushEvent {
  readonly stage: 'compare' | 'hash' | 'upload' | 'commit';
  readonly done: number;
  readonly total: number;
}
