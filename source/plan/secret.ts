import { inspect } from 'node:util';

const shown = '‹secret›';

/** A value that prints as ‹secret› wherever it is printed, and is revealed on the line that uses it. */
export class Secret<T extends string | Buffer = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [inspect.custom](): string {
    return shown;
  }
}
