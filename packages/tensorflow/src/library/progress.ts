/** Progress of fetching the library, in bytes. */
export interface Progress {
  stage: 'download' | 'verify' | 'extract';
  done: number;
  total: number;
}

/** Receives the progress while the library is fetched. */
export type OnProgress = (progress: Progress) => void;

/** Limits the reports to ten per second. The end of a stage is always reported. */
export function throttled(onProgress: OnProgress | undefined): OnProgress {
  let last = 0;
  return (progress) => {
    const now = performance.now();
    if (now - last < 100 && progress.done < progress.total) return;
    last = now;
    onProgress?.(progress);
  };
}
