/** What a host has to offer, beyond what every step looks at. */
import type { PackageSources } from '../network/network.ts';

export type SurveyRequest = {
  /** Paths of the user's data, and whether they have to be writable. */
  readonly paths: readonly { readonly path: string; readonly writable: boolean }[];
  readonly gpu: boolean;
  /** The package to be found at the host's index; nothing where no index will be asked. */
  readonly index: {
    readonly package: string;
    readonly version: string;
    readonly pip: PackageSources;
  } | null;
};

/** What an EC2 instance knows of itself. All absent where its metadata service is off. */
export type Amazon = {
  readonly region?: string;
  readonly publicAddress?: string;
  readonly privateAddress?: string;
  /** Its security groups. */
  readonly groups?: readonly string[];
};

export type Survey = {
  /** Bytes; absent where the host doesn't tell. */
  readonly memory?: { readonly total: number; readonly available: number };
  readonly systemd: boolean;
  /** Absent on every other machine. */
  readonly amazon?: Amazon;
  /** Its own address at which SSH reached it: behind an address translation the private one. */
  readonly reachedAt?: string;
  /** `why`: what bars the way; absent where there is nothing. */
  readonly paths: readonly { readonly path: string; readonly writable: boolean; readonly why?: string }[];
  readonly gpu?: { readonly names: readonly string[]; readonly why?: string };
  /** `ok` is absent where nothing could ask. */
  readonly index?: { readonly ok?: boolean; readonly offered?: boolean; readonly why?: string };
};

/** An app's Python, by names below its folder, and the files that are started. */
export type AppSources = {
  readonly files: Readonly<Record<string, Buffer>>;
  readonly entries: readonly string[];
};

/** The first line that a Python can't read. `line` is 0 where it is the file as a whole. */
export type SyntaxFault = { readonly file: string; readonly line: number; readonly text: string; readonly why: string };
