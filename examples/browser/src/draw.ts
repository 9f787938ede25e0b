import type { Points } from './spirals.js';

/** Cells on a side of the map of answers. */
export const MAP_SIDE = 64;

/** Centres of the map's cells, `[MAP_SIDE², 2]`, row by row from the top left. */
export function mapPlaces(): Float32Array {
  const at = (cell: number) => (2 * (cell + 0.5)) / MAP_SIDE - 1;
  return Float32Array.from({ length: 2 * MAP_SIDE ** 2 }, (_, i) => {
    const cell = i >> 1;
    return i % 2 === 0 ? at(cell % MAP_SIDE) : -at(Math.floor(cell / MAP_SIDE));
  });
}

const ARMS = { plus: [232, 119, 34], minus: [52, 120, 246] } as const;

/** Paints what the network answers everywhere, with the points over it. */
export function drawMap(
  canvas: HTMLCanvasElement,
  answers: Float32Array,
  { places, arms, count }: Points,
): void {
  const context = canvas.getContext('2d')!;
  const cells = new ImageData(MAP_SIDE, MAP_SIDE);
  answers.forEach((answer, i) => {
    const sure = Math.min(1, Math.abs(answer));
    cells.data.set([...(answer > 0 ? ARMS.plus : ARMS.minus), 40 + 120 * sure], 4 * i);
  });
  const small = new OffscreenCanvas(MAP_SIDE, MAP_SIDE);
  small.getContext('2d')!.putImageData(cells, 0, 0);
  const { width, height } = canvas;
  context.clearRect(0, 0, width, height);
  context.drawImage(small, 0, 0, width, height);
  for (let i = 0; i < count; i++) {
    context.fillStyle = `rgb(${arms[i]! > 0 ? ARMS.plus : ARMS.minus})`;
    context.beginPath();
    context.arc(
      ((places[2 * i]! + 1) / 2) * width,
      ((1 - places[2 * i + 1]!) / 2) * height,
      3,
      0,
      2 * Math.PI,
    );
    context.fill();
  }
}

/** One cell a neuron: filled as far as its gate is open, struck out where the mask leaves it out. */
export function drawNeurons(lists: readonly HTMLElement[], p: Float32Array, mask: Uint8Array): void {
  let unit = 0;
  for (const list of lists) {
    for (const cell of list.children as HTMLCollectionOf<HTMLElement>) {
      cell.style.setProperty('--p', p[unit]!.toFixed(3));
      cell.classList.toggle('pruned', mask[unit] === 0);
      unit++;
    }
  }
}

/** Fills a list with one cell for each neuron. */
export function addCells(list: HTMLElement, count: number): void {
  list.replaceChildren(...Array.from({ length: count }, () => document.createElement('i')));
}
