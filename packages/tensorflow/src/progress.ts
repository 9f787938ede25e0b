/** One step of getting the library: bytes done of bytes in all. */
export interface Progress {
  stage: 'download' | 'verify' | 'extract';
  done: number;
  total: number;
}

export type OnProgress = (progress: Progress) => void;
