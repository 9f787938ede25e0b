/**
 * Solves `A X = B` in float64, for a symmetric positive definite `A [n, n]` and `B [n, m]`, row-major. It may overwrite
 * both.
 *
 * @returns `X [n, m]`, or undefined if `A` is not positive definite
 */
export type DefiniteSolver = (a: Float64Array, b: Float64Array, n: number) => Float64Array | undefined;

/** A solver in JavaScript, on one core. */
export const solveByCholesky: DefiniteSolver = (a, b, n) => {
  if (!cholesky(a, n)) return undefined;
  choleskySolve(a, n, b, b.length / n);
  return b;
};

/** Width of a panel: these columns are factorized, and stay in cache, before the rest of the matrix is updated. */
const PANEL = 48;

/**
 * Computes the Cholesky factor of a symmetric positive definite matrix in place: `a = L Lᵀ`. It reads the lower triangle
 * only. Afterwards the upper triangle is undefined.
 *
 * @param a float64 `[n, n]`, row-major.
 * @returns whether the matrix is positive definite. If not, `a` is undefined.
 */
export function cholesky(a: Float64Array, n: number): boolean {
  for (let start = 0; start < n; start += PANEL) {
    const end = Math.min(start + PANEL, n);
    if (!factorPanel(a, n, start, end)) return false;
    updateTrailing(a, n, start, end);
  }
  return true;
}

/** Computes columns `[start, end)` of the factor, after the columns to their left have been subtracted. */
function factorPanel(a: Float64Array, n: number, start: number, end: number): boolean {
  for (let i = start; i < n; i++) {
    const row = i * n;
    for (let j = start; j <= Math.min(i, end - 1); j++) {
      const other = j * n;
      let sum = a[row + j]!;
      for (let p = start; p < j; p++) sum -= a[row + p]! * a[other + p]!;
      if (i !== j) {
        a[row + j] = sum / a[other + j]!;
      } else {
        if (!(sum > 0)) return false;
        a[row + j] = Math.sqrt(sum);
      }
    }
  }
  return true;
}

/** Subtracts the panel from the lower triangle to its right, two rows and two columns at a time. */
function updateTrailing(a: Float64Array, n: number, start: number, end: number): void {
  for (let i = end; i < n; i += 2) {
    const row0 = i * n;
    const row1 = i + 1 < n ? row0 + n : row0;
    for (let j = end; j <= i; j += 2) {
      const column0 = j * n;
      const column1 = j + 1 < n ? column0 + n : column0;
      let s00 = 0;
      let s01 = 0;
      let s10 = 0;
      let s11 = 0;
      for (let p = start; p < end; p++) {
        const x0 = a[row0 + p]!;
        const x1 = a[row1 + p]!;
        const y0 = a[column0 + p]!;
        const y1 = a[column1 + p]!;
        s00 += x0 * y0;
        s01 += x0 * y1;
        s10 += x1 * y0;
        s11 += x1 * y1;
      }
      a[row0 + j]! -= s00;
      if (j + 1 < n) a[row0 + j + 1]! -= s01;
      if (i + 1 < n) a[row1 + j]! -= s10;
      if (i + 1 < n && j + 1 < n) a[row1 + j + 1]! -= s11;
    }
  }
}

/** Right-hand sides that are solved together and stay in cache. */
const COLUMNS = 64;

/**
 * Solves `L Lᵀ X = B` in place of `B`.
 *
 * @param l the factor, float64 `[n, n]`, from {@link cholesky}.
 * @param b float64 `[n, m]`, row-major.
 */
export function choleskySolve(l: Float64Array, n: number, b: Float64Array, m: number): void {
  for (let first = 0; first < m; first += COLUMNS) {
    const width = Math.min(COLUMNS, m - first);
    const x = new Float64Array(n * width);
    for (let i = 0; i < n; i++) x.set(b.subarray(i * m + first, i * m + first + width), i * width);
    forward(l, n, x, width);
    backward(l, n, x, width);
    for (let i = 0; i < n; i++) b.set(x.subarray(i * width, (i + 1) * width), i * m + first);
  }
}

/** Solves `L X = B`. */
function forward(l: Float64Array, n: number, x: Float64Array, width: number): void {
  for (let i = 0; i < n; i++) {
    const row = i * n;
    const at = i * width;
    let p = 0;
    for (; p + 4 <= i; p += 4) {
      const [f0, f1, f2, f3] = [l[row + p]!, l[row + p + 1]!, l[row + p + 2]!, l[row + p + 3]!];
      const [o0, o1, o2, o3] = [p * width, (p + 1) * width, (p + 2) * width, (p + 3) * width];
      for (let c = 0; c < width; c++)
        x[at + c]! -= f0 * x[o0 + c]! + f1 * x[o1 + c]! + f2 * x[o2 + c]! + f3 * x[o3 + c]!;
    }
    for (; p < i; p++) {
      const factor = l[row + p]!;
      for (let c = 0; c < width; c++) x[at + c]! -= factor * x[p * width + c]!;
    }
    const pivot = 1 / l[row + i]!;
    for (let c = 0; c < width; c++) x[at + c]! *= pivot;
  }
}

/** Solves `Lᵀ X = B`, four rows at a time. */
function backward(l: Float64Array, n: number, x: Float64Array, width: number): void {
  let end = n;
  for (; end >= 4; end -= 4) {
    const start = end - 4;
    backwardWithin(l, n, x, width, [start, end]);
    const [r0, r1, r2, r3] = [start * n, (start + 1) * n, (start + 2) * n, (start + 3) * n];
    const [o0, o1, o2, o3] = [start * width, (start + 1) * width, (start + 2) * width, (start + 3) * width];
    for (let p = 0; p < start; p++) {
      const at = p * width;
      const [f0, f1, f2, f3] = [l[r0 + p]!, l[r1 + p]!, l[r2 + p]!, l[r3 + p]!];
      for (let c = 0; c < width; c++)
        x[at + c]! -= f0 * x[o0 + c]! + f1 * x[o1 + c]! + f2 * x[o2 + c]! + f3 * x[o3 + c]!;
    }
  }
  backwardWithin(l, n, x, width, [0, end]);
}

/** Solves rows `[start, end)`, after the rows below have been subtracted. */
function backwardWithin(
  l: Float64Array,
  n: number,
  x: Float64Array,
  width: number,
  [start, end]: readonly [number, number],
): void {
  for (let i = end - 1; i >= start; i--) {
    const row = i * n;
    const at = i * width;
    const pivot = 1 / l[row + i]!;
    for (let c = 0; c < width; c++) x[at + c]! *= pivot;
    for (let p = start; p < i; p++) {
      const factor = l[row + p]!;
      for (let c = 0; c < width; c++) x[p * width + c]! -= factor * x[at + c]!;
    }
  }
}
