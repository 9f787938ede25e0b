export { formatBytes, formatCount, formatItems, formatParameters, formatShare } from '@grasp/report/format';

import { formatCount } from '@grasp/report/format';

/** A count of a budget: 79999872 → 79,999,872; 41.234 → 41.23 */
export const formatAmount = (value: number): string =>
  value >= 1000 ? formatCount(value) : value.toFixed(Number.isInteger(value) ? 0 : 2);

/** 75 → 1m15s */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  const [minutes, hours] = [Math.floor(whole / 60), Math.floor(whole / 3600)];
  return hours > 0
    ? `${hours}h${String(minutes % 60).padStart(2, '0')}m`
    : `${minutes}m${String(whole % 60).padStart(2, '0')}s`;
}
