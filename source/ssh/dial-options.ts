import type { ConfigValues } from './config.ts';
import type { Target } from './target.ts';
import type { Refuse } from './tokens.ts';

const secondsOf: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** How the socket is opened where that is ours to do. */
export function dialOptionsOf(
  config: ConfigValues,
  refuse: Refuse,
): Pick<Target, 'addressFamily' | 'bindAddress' | 'connectTimeout'> {
  const bindAddress = config.first('bindaddress');
  const family = (config.first('addressfamily') ?? 'any').toLowerCase();
  if (!['any', 'inet', 'inet6'].includes(family)) throw refuse(`AddressFamily is any, inet or inet6, not ${family}`);
  const seconds = timeOf(config.first('connecttimeout') ?? 'none', refuse);
  return {
    ...(family === 'any' ? {} : { addressFamily: family === 'inet' ? 4 : 6 }),
    ...(bindAddress === undefined ? {} : { bindAddress }),
    ...(seconds > 0 && { connectTimeout: seconds * 1000 }),
  };
}

/** A length of time as sshd_config(5) writes it: `90`, `1m30s`; `none` is 0, which is no limit of its own. */
function timeOf(text: string, refuse: Refuse): number {
  if (text === 'none') return 0;
  if (!/^(?:\d+[smhdw]?)+$/i.test(text)) throw refuse(`ConnectTimeout is a number of seconds, not ${text}`);
  const parts = [...text.matchAll(/(\d+)([smhdw]?)/gi)];
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (secondsOf[unit.toLowerCase()] ?? 1), 0);
}
