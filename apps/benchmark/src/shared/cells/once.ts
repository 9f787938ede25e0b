/** Returns a function that calls `compute` the first time and returns the same value from then on. */
export function once<Value>(compute: () => Value): () => Value {
  let held: { readonly value: Value } | undefined;
  return () => {
    held ??= { value: compute() };
    return held.value;
  };
}
