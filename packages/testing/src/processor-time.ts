/**
 * Milliseconds of processor time that this process has used so far. Work that hangs costs them, waiting for a machine
 * that others keep busy does not.
 */
export function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
