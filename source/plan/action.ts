/**
 * Everything that a step can do, as values: they can be printed, compared and refused. A private key never enters one;
 * an action names the file, and the world reads it on the line that uses it.
 */
import type { Unit } from '../flower/unit.ts';
import type { WheelFile } from '../flower/wheels.ts';
import type { PackageSources } from '../network/network.ts';
import type { RegisterEntry, Revocation } from '../pki/register.ts';
import type { CaseName } from './proof.ts';

/** `here` is this machine; anything else is `server` or a client's name. */
export type Lane = string;
export const here: Lane = 'here';

/** A file to be placed on a host. Its bytes are a local file's, or text that is no secret. */
export type Upload = {
  readonly from: { readonly file: string } | { readonly text: string };
  /** Absolute path on the host. */
  readonly to: string;
  readonly mode: number;
};

/** A certificate to be issued, with its key where that is made here. Paths are absolute. */
export type Issue = {
  readonly name: string;
  readonly purpose: 'server' | 'client' | 'operator';
  readonly subject: readonly (readonly [type: string, value: string])[];
  readonly sans: { readonly dns: readonly string[]; readonly ips: readonly string[]; readonly uris: readonly string[] };
  readonly days: number;
  readonly key: KeySpec;
  readonly digest: string;
  readonly files: { readonly certificate: string; readonly request?: string; readonly key: string };
  /** The key file is there and still right: only the certificate is made. */
  readonly keepKey: boolean;
  /** The host on which the key lies. Then `files.request` is there, and `files.key` neither read nor written. */
  readonly keyOn?: string;
};

export type KeySpec = { readonly algorithm: 'rsa'; readonly bits: number } | { readonly algorithm: 'ec' };

export type Effect =
  | { readonly kind: 'write-file'; readonly path: string; readonly content: string; readonly mode: number }
  | {
      readonly kind: 'make-authority';
      readonly subject: readonly (readonly [type: string, value: string])[];
      readonly networkName: string;
      readonly days: number;
      readonly key: KeySpec;
      readonly digest: string;
      readonly files: AuthorityFiles;
    }
  | {
      readonly kind: 'import-authority';
      /** The CA's certificate and its issuers up to the root, PEM. */
      readonly certificate: string;
      /** The file of its key, which is copied as it is: an encrypted one stays encrypted. */
      readonly key: string;
      readonly files: AuthorityFiles;
    }
  | { readonly kind: 'issue'; readonly authority: AuthorityFiles; readonly issue: Issue }
  | {
      readonly kind: 'mend-register';
      readonly path: string;
      /** What is not in it and has to be. */
      readonly entries: readonly RegisterEntry[];
      readonly revoked: readonly Revocation[];
      /** All of it is written anew; what is there is kept aside. */
      readonly damaged: boolean;
    }
  | {
      readonly kind: 'make-probes';
      readonly authority: AuthorityFiles;
      readonly folder: string;
      readonly crl: string;
      readonly days: number;
      readonly digest: string;
      readonly probes: readonly Probe[];
      /** What was revoked before, and stays so. */
      readonly revoked: readonly Revocation[];
    }
  | {
      readonly kind: 'make-folder';
      readonly host: string;
      readonly path: string;
      readonly mode: number;
      /** Whether the folder's parent belongs to root, so that sudo has to make it. */
      readonly sudo: boolean;
      /** Whether sudo asks for a password. */
      readonly asks?: boolean;
      readonly owner: string;
    }
  | {
      /** Makes a private key on its own host, unless it is there, and brings the request for its certificate. */
      readonly kind: 'request-on-host';
      readonly host: string;
      /** Absolute path of the key on the host. */
      readonly key: string;
      /** Whether a key that is there gives way to a new one. */
      readonly replace: boolean;
      readonly issue: Pick<Issue, 'purpose' | 'subject' | 'sans' | 'key' | 'digest'>;
      /** Where the request is put here. */
      readonly request: string;
    }
  | { readonly kind: 'upload'; readonly host: string; readonly files: readonly Upload[] }
  | {
      readonly kind: 'make-environment';
      readonly host: string;
      /** Folder of the environment on the host, named after the hash of what it holds. */
      readonly path: string;
      readonly link: string;
      readonly python: string;
      readonly requirements: readonly string[];
      readonly pip: PackageSources;
      /** Wheels that are here, and are sent instead of asking an index. */
      readonly wheels?: readonly WheelFile[];
    }
  | {
      /** Uses an interpreter that is there: a folder of ours starts it, and nothing is installed into it. */
      readonly kind: 'use-environment';
      readonly host: string;
      /** The folder of ours. */
      readonly path: string;
      readonly link: string;
      readonly python: string;
      /** What starts it, as the host tells it. */
      readonly starter: string;
    }
  | {
      readonly kind: 'set-modes';
      readonly host: string;
      readonly entries: readonly { readonly path: string; readonly mode: number }[];
    }
  | {
      readonly kind: 'set-local-modes';
      readonly entries: readonly { readonly path: string; readonly mode: number }[];
    }
  | {
      /** Removes what we placed on a host: names in its two folders, and an environment. */
      readonly kind: 'remove';
      readonly host: string;
      readonly certificates: string;
      readonly files: readonly string[];
      /** Whether the certificates' folder, which is empty then, goes too. */
      readonly folder: boolean;
      readonly home: string;
      readonly names: readonly string[];
      readonly environment?: string;
    }
  /** Removes an empty folder whose parent belongs to root. */
  | { readonly kind: 'remove-folder'; readonly host: string; readonly path: string }
  | {
      readonly kind: 'install-unit';
      readonly host: string;
      readonly unit: Unit;
      readonly content: string;
      /** The owner's processes shall live without a login from now on. */
      readonly linger: boolean;
    }
  | {
      readonly kind: 'remove-unit';
      readonly host: string;
      readonly unit: Unit;
      /** Lingering was switched on for units of ours: with the last of them it is switched off. */
      readonly linger: boolean;
    }
  | {
      /** Starts the unit, or where there is none a supervisor of ours. */
      readonly kind: 'start';
      readonly host: string;
      readonly config: string;
      readonly unit?: Unit & { readonly content: string; readonly systemd: string };
    }
  | { readonly kind: 'stop'; readonly host: string; readonly config: string; readonly unit?: Unit }
  | { readonly kind: 'await-server'; readonly host: string; readonly seconds: number }
  | {
      readonly kind: 'prove-refusals';
      readonly through: string;
      /** The client whose certificate must be let in. */
      readonly insider: string;
      readonly cases: readonly CaseName[];
    }
  | {
      readonly kind: 'await-clients';
      readonly run: string;
      readonly clients: readonly string[];
      readonly seconds: number;
    };

/** A CA as it lies here, and the register of what it has issued. Absolute paths. */
export type AuthorityFiles = { readonly certificate: string; readonly key: string; readonly register: string };

/** A certificate that must be refused, made once so that the proof never needs the CA's key. One is a server's. */
export type Probe = Pick<Issue, 'subject' | 'sans'> & {
  readonly name: 'expired' | 'revoked' | 'unlisted' | 'impostor' | 'foreign' | 'server-expired';
};

export const purposeOf = ({ name }: Probe) => (name === 'server-expired' ? 'server' : 'client');
/** Those that have expired when they are made. */
export const isExpired = ({ name }: Probe) => name === 'expired' || name === 'server-expired';

export type Action = Effect & {
  /** What the plan says, in plain words. */
  readonly text: string;
  /** Deployed certificates that stop being valid by this; needs an approval of its own. */
  readonly invalidates?: readonly string[];
  /** What changes in a file that is there: lines that begin with `+`, `-` or, where nothing changes, a space. */
  readonly diff?: readonly string[];
};

/** Nobody waits for a host whose own lane has failed. */
export function withoutHosts(action: Action, failed: ReadonlySet<string>): Action {
  if (action.kind !== 'await-clients') return action;
  return { ...action, clients: action.clients.filter((name) => !failed.has(name)) };
}

/** Lanes of a stage run at once; a stage begins when the last one has ended. */
export type Stage = {
  readonly title: string;
  readonly lanes: Readonly<Record<Lane, readonly Action[]>>;
};

/** The actions of all stages in the order in which `plan-ready` numbers them. */
export function numbered(stages: readonly Stage[]): readonly { readonly lane: Lane; readonly action: Action }[] {
  return stages.flatMap((stage) =>
    Object.entries(stage.lanes).flatMap(([lane, actions]) => actions.map((action) => ({ lane, action }))),
  );
}

/** Hosts of a plan that are told in one. */
export type Group = { readonly lanes: readonly string[]; readonly actions: readonly Action[] };

/**
 * Hosts with the same actions in the same words, and the same differences, are told once. What is done here is told where
 * it is done: behind hosts that come before it.
 */
export function groupsOf(stages: readonly Stage[]): readonly Group[] {
  const parts: { readonly lane: Lane; readonly actions: Action[] }[] = [];
  const hosts = new Map<Lane, Action[]>();
  for (const stage of stages)
    for (const [lane, actions] of Object.entries(stage.lanes)) {
      if (actions.length === 0) continue;
      const last = parts.at(-1);
      const known = lane !== here ? hosts.get(lane) : last?.lane === here ? last.actions : undefined;
      if (known) known.push(...actions);
      else {
        const own = [...actions];
        parts.push({ lane, actions: own });
        if (lane !== here) hosts.set(lane, own);
      }
    }
  const groups = new Map<string, { lanes: string[]; actions: readonly Action[] }>();
  for (const { lane, actions } of parts) {
    const key = actions.flatMap((action) => [action.text, ...(action.diff ?? [])]).join('\n');
    const group = groups.get(key);
    if (group) group.lanes.push(lane);
    else groups.set(key, { lanes: [lane], actions });
  }
  return [...groups.values()];
}
