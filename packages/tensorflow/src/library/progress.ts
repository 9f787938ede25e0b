/** One step of getting the library: bytes done of bytes in all. */
export interface Progress {
  stage: 'download' | 'verify' | 'extract';
  done: number;
  total: number;
}

/** Told of the progress, while the library is being fetched. */
export type OnProgress = (progress: Progress) => void;

/** Reports at most ten times a second, and always at a stage's end. */
export function throttled(onProgress: OnProgress | undefined): OnProgress {
  let last = 0;
  return (progress) => {
    const now = performance.now();
    if (now - last < 100 && progress.done < progress.total) return;
    last = now;
    onProgress?.(progress);
  };
}
