/**
 * Returns the processor time of this process so far, in milliseconds. A hanging loop adds to it; waiting for a busy machine
 * does not.
 */
export function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
