import type { Progress, Reason } from './progress.ts';
import type { ProxyCommand } from './proxy-command.ts';
import { firstLine } from './said.ts';

const inConfig = 'mend ProxyCommand in ~/.ssh/config; ssh -v HOST shows what ssh makes of it';

/** Why a ProxyCommand did not lead to an SSH server. */
export function proxyReason(proxy: ProxyCommand, progress: Progress, seconds: string | undefined): Reason {
  const heard = firstLine(progress.heard);
  if (heard !== '' && !progress.heard.includes('SSH-'))
    return {
      why: `what its ProxyCommand brings is no SSH server: it said ${JSON.stringify(heard)}`,
      hint: 'a ProxyCommand may write nothing of its own to stdout; check also where it leads',
    };
  const said = proxy.lastLine === '' ? '' : `: ${proxy.lastLine}`;
  const { code, signal } = proxy.ending ?? {};
  if (signal) return { why: `the ProxyCommand was ended by ${signal}${said}`, hint: inConfig };
  if (code !== undefined && code !== null)
    return {
      why: `the ProxyCommand ended with ${code}${said}`,
      hint: code === 127 ? `install that program, or ${inConfig}` : inConfig,
    };
  if (seconds !== undefined)
    return {
      why: `its ProxyCommand brought no answer within ${seconds}${said}`,
      hint: 'try the command by itself; a slow one is given more time by ConnectTimeout in ~/.ssh/config',
    };
  return { why: `the connection by its ProxyCommand broke off${said}`, hint: inConfig };
}
