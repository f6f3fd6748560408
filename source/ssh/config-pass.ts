import { exit, UserError } from '../plan/failure.ts';
import type { ConfigLine, SshConfig } from './config-file.ts';
import { firstCounts, firstLineCounts, linesAdd, passedOver, unsupported, wholeLine } from './config-keywords.ts';
import { hostApplies, matchApplies } from './config-match.ts';
import { patternMatcher } from './name-matcher.ts';
import { expandTokens } from './tokens.ts';

/** Of whom the settings are wanted. */
export type Wanted = {
  /** As it was given: an alias, a name or an address. */
  readonly host: string;
  /** The user that was given and so wins over the file. */
  readonly user?: string | undefined;
  /** Whether it was given how to get there, which wins over ProxyJump and ProxyCommand. */
  readonly wayGiven: boolean;
  readonly localUser: string;
};

/** The values by keyword. */
export type Values = Map<string, readonly string[]>;

/** The error for settings that can't be used; `why` tells what stands in the way. */
export function unusable(host: string, why: string): UserError {
  return new UserError({
    exitCode: exit.invalid,
    doing: `Reading the settings of ${host} in ~/.ssh/config`,
    why,
    hint: 'ssh -G HOST shows what applies to it; give it settings of its own there, or write its address and login under ssh: in fl-network.yaml',
  });
}

/** One reading of the file, top to bottom; the second one (`Match final`) goes by the name that the first one found. */
export class Pass {
  readonly #config: SshConfig;
  readonly #wanted: Wanted;
  readonly #values: Values;
  readonly #finalHost: string | undefined;
  #asksForFinal = false;

  constructor(config: SshConfig, wanted: Wanted, values: Values, finalHost: string | undefined) {
    this.#config = config;
    this.#wanted = wanted;
    this.#values = values;
    this.#finalHost = finalHost;
  }

  /** @returns whether a second reading is asked for */
  read(): boolean {
    this.#read(this.#config, true);
    return this.#asksForFinal;
  }

  /** @param reached whether the place where this file is included applies: else nothing in it does */
  #read(lines: SshConfig, reached: boolean): void {
    let applies = reached;
    for (const line of lines) {
      if (line.keyword === 'host') applies = reached && hostApplies(line.words, this.#finalHost ?? this.#wanted.host);
      else if (line.keyword === 'match') applies = this.#matches(line, reached);
      else if (line.keyword === 'include') for (const file of line.included) this.#read(file, applies);
      else if (applies) this.#take(line);
    }
  }

  #matches(line: ConfigLine, reached: boolean): boolean {
    const { host, localUser } = this.#wanted;
    const hostName = this.#values.get('hostname')?.[0];
    const result = matchApplies(line.rest, {
      host: this.#finalHost ?? host,
      hostSoFar: this.#finalHost ?? (hostName === undefined ? host : this.#expandHost(hostName)),
      originalHost: host,
      user: this.#values.get('user')?.[0] ?? localUser,
      localUser,
      isFinal: this.#finalHost !== undefined,
    });
    if ('problem' in result) {
      if (!reached) return false;
      throw this.#refused(line, result.problem);
    }
    this.#asksForFinal ||= result.asksForFinal;
    return reached && result.applies;
  }

  /** Of a ProxyCommand and a ProxyJump the first counts; a ProxyJump of `none` leaves a ProxyCommand alone. */
  #hasWay(keyword: string, value: string): boolean {
    const jump = this.#values.get('proxyjump')?.[0] ?? 'none';
    return keyword === 'proxyjump' ? !isNone(value) && this.#values.has('proxycommand') : !isNone(jump);
  }

  #expandHost(hostName: string): string {
    return expandHost(hostName, this.#wanted.host);
  }

  #take(line: ConfigLine): void {
    const { keyword, words, rest } = line;
    const values = this.#values;
    const before = values.get(keyword);
    if (isIn(wholeLine, keyword)) {
      const value = wholeValue(keyword, rest);
      if (!before && !this.#hasWay(keyword, value)) values.set(keyword, [value]);
    } else if (isIn(firstLineCounts, keyword)) {
      if (!before) values.set(keyword, words);
    } else if (isIn(firstCounts, keyword) || isIn(linesAdd, keyword) || keyword in unsupported) {
      const [value] = words;
      if (!value || words.length > 1) throw this.#refused(line, `${keyword} takes one value`);
      if (isIn(linesAdd, keyword)) values.set(keyword, [...new Set([...(before ?? []), value])]);
      else if (!before) values.set(keyword, [value]);
    } else if (!passedOver.has(keyword) && !patternMatcher(values.get('ignoreunknown')?.[0] ?? '')(keyword))
      throw this.#refused(
        line,
        `fl-wizard does not know ${keyword} (IgnoreUnknown ${keyword} above it passes over it)`,
      );
  }

  #refused(line: ConfigLine, why: string): UserError {
    return unusable(this.#wanted.host, `${line.at}: ${why}`);
  }
}

/** Whether a value says that there is nothing. */
export const isNone = (value: string) => value.toLowerCase() === 'none';

function isIn(list: readonly string[], keyword: string): boolean {
  return list.includes(keyword);
}

/** A ProxyCommand is the shell's, with all that looks like a comment. */
function wholeValue(keyword: string, rest: string): string {
  const value = rest.replace(/^[ \t\r\n=]+/, '');
  return keyword === 'proxyjump' ? value.replace(/#.*$/s, '').trimEnd() : value;
}

/** HostName knows two tokens only (ssh_config(5)). */
export function expandHost(hostName: string, host: string): string {
  return expandTokens(hostName, { h: host }, (why) => unusable(host, `HostName: ${why}`));
}
