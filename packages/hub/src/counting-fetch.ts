/** How the library says whose body a request carries, in a field of its own beside those of `fetch`. */
interface ProgressHint {
  readonly progressCallback: (share: number) => void;
  /** Of a file sent in parts, which part this is. */
  readonly part?: number;
  readonly numParts?: number;
}

/** The same content, telling how much of it was read. */
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
 * A `fetch` for `@huggingface/hub` that tells it how far each upload is, which it knows by itself in browsers only.
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
