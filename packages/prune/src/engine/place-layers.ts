/**
 * Assigns layers to devices. Each device gets a contiguous run of layers, in order, and all runs have about the same
 * bytes. A layer goes to the device in whose share of the bytes its middle lies.
 *
 * @param bytes bytes of each layer's weights
 * @param devices number of devices
 * @returns the index of each layer's device
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
