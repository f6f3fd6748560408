/** What the demo leaves behind, and what to type next. Pure; the README's picture shows the same. */
import type { View } from '../plan/reduce.ts';
import type { DemoFacts } from '../ui/demo-facts.ts';

/** Name of the demo's network. */
export const networkName = 'demo';

/** The pretend server's folder of the network, below the project folder. */
export const serverHome = `.fl-wizard/hosts/server/home/fl-wizard/${networkName}`;

export function leftBehind(view: View, clients: number): Pick<DemoFacts, 'have' | 'next'> {
  return {
    have: [
      { path: 'fl_network/', what: `CA, server, ${clients} clients` },
      { path: 'fl-network.yaml', what: 'copy it, change the hosts: the same commands do the rest' },
      { path: 'weights', what: `${serverHome}/runs/${view.run.id ?? '1'}/` },
    ],
    next: [
      { command: 'fl-wizard demo --app ./my-app', what: 'your own code, still on this machine' },
      { command: 'fl-wizard', what: 'your own hosts' },
    ],
  };
}
