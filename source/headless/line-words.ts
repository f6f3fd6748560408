/** The words for yes and no that every question takes. Pure. */

export function isYes(line: string): boolean {
  return /^y(es)?$/i.test(line.trim());
}

/** A bare Enter is a no: nothing is done for who only wanted to hear on. */
export function isNo(line: string): boolean {
  return /^(no?|q)?$/i.test(line.trim());
}
