/** A field that the library adds to the options of `fetch`, to learn the progress of an upload. */
interface ProgressHint {
  readonly progressCallback: (share: number) => void;
  /** Number of this part, if the file is sent in parts. */
  readonly part?: number;
  readonly numParts?: number;
}

/** The same content. Calls `onBytes` with the bytes read so far. */
function counted(content: Blob, onBytes: (done: number) => void): Blob {
  const blob = content.slice();
  const open = blob.stream.bind(blob);
  blob.stream = () => {
    let done = 0;
    const count = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        done += chunk.length;
        onBytes(done);
        controller.enqueue(chunk);
      },
    });
    return open().pipeThrough(count);
  };
  return blob;
}

/**
 * A `fetch` for `@huggingface/hub` that reports the progress of each upload, which the library learns only in browsers.
 */
export function countingFetch(inner: typeof fetch): typeof fetch {
  const parts = new WeakMap<ProgressHint['progressCallback'], Map<number, number>>();
  return (input, init) => {
    const hint = (init as { progressHint?: ProgressHint } | undefined)?.progressHint;
    if (!hint || !(init?.body instanceof Blob) || init.body.size === 0) return inner(input, init);
    const { progressCallback, part = 0, numParts = 1 } = hint;
    const shares = parts.get(progressCallback) ?? new Map<number, number>();
    parts.set(progressCallback, shares);
    const { size } = init.body;
    const body = counted(init.body, (done) => {
      shares.set(part, done / size);
      progressCallback([...shares.values()].reduce((sum, share) => sum + share, 0) / numParts);
    });
    return inner(input, { ...init, body });
  };
}
