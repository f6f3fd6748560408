/** The first few names; a screen line is no place for a thousand. */
export function names(all: readonly string[], most = 3): string {
  const shown = all.slice(0, most).join(', ');
  return all.length > most ? `${shown} and ${all.length - most} more` : shown;
}
