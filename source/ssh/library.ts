import type * as Ssh2 from 'ssh2';

/** What ssh2 exports. */
export type Library = (typeof Ssh2)['default'];

/**
 * ssh2, loaded when first needed: it costs some 60 ms, which `--help` must not pay.
 * It is CommonJS, so everything hangs on its default export.
 */
export async function loadSsh2(): Promise<Library> {
  const loaded = await import('ssh2');
  return loaded.default;
}
