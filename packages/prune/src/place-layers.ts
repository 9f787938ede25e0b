/**
 * Which device each layer goes to: contiguous runs of layers, in the order of the devices, whose weights take about the
 * same memory everywhere. A layer goes where its middle falls.
 *
 * @param bytes of each layer's weights
 * @returns for each layer the index of its device
 */
export function placeLayers(bytes: readonly number[], devices: number): number[] {
  const total = bytes.reduce((sum, layer) => sum + layer, 0);
  let before = 0;
  return bytes.map((layer) => {
    const middle = before + layer / 2;
    before += layer;
    return total === 0 ? 0 : Math.min(devices - 1, Math.floor((devices * middle) / total));
  });
}
