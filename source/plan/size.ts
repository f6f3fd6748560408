const sizes = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Decimal units, as disks and network rates are sold: `98 MB`. */
export function bytes(count: number): string {
  if (!Number.isFinite(count) || count < 0) return '-';
  // 999.5 would print as 1000 of the smaller unit.
  const power = count < 999.5 ? 0 : Math.min(sizes.length - 1, Math.floor(Math.log10(count * 1.0005) / 3));
  const value = count / 1000 ** power;
  return `${power > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${sizes[power]}`;
}
