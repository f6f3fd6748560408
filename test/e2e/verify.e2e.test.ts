/** Proofs in the middle of a round: they disturb nothing, and leave a record that an auditor can read. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cases } from '../../source/plan/proof.ts';
import { type Proof, proofFrom } from '../../source/plan/proven.ts';
import { startNetwork, type TestNetwork } from '../helpers/hosts.ts';
import { until } from '../helpers/project.ts';
import { canRunSshd } from '../helpers/sshd.ts';
import { type Ended, of, wizard } from '../helpers/wizard.ts';

/** In its second round it waits for a file, so that there is a middle of a round for as long as one is wanted. */
const client = `import os, time
import flwr as fl
import numpy as np

class Waiting(fl.client.NumPyClient):
    def get_parameters(self, config):
        return [np.zeros(1)]

    def fit(self, parameters, config):
        while parameters[0][0] == 1 and not os.path.exists(os.path.expanduser("~/go-on")):
            time.sleep(0.05)
        return [parameters[0] + 1], 10, {}

    def evaluate(self, parameters, config):
        return 0.5, 10, {}

fl.client.start_client(
    server_address=os.environ["FL_SERVER"],
    client=Waiting().to_client(),
    root_certificates=open(os.path.join(os.environ["FL_CERTIFICATES"], "ca.crt"), "rb").read(),
)
`;

const server = `import os
import flwr as fl
import numpy as np

def read(name):
    return open(os.path.join(os.environ["FL_CERTIFICATES"], name), "rb").read()

fl.server.start_server(
    server_address="0.0.0.0:9092",
    strategy=fl.server.strategy.FedAvg(initial_parameters=fl.common.ndarrays_to_parameters([np.zeros(1)])),
    certificates=(read("ca.crt"), read("server.crt"), read("server.key")),
)
`;

type Line = { readonly type: string; readonly [member: string]: unknown };

describe.skipIf(!canRunSshd)('verify in the middle of a round', () => {
  let network: TestNetwork;
  let first: Ended;
  const output = (name: string) => join(network.project, name);
  const journal = (): readonly Line[] => {
    const path = join(network.hosts[0]?.home ?? '', 'fl-wizard', 'scriptchain', 'runs', '1', 'events.jsonl');
    return readFileSync(path, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Line);
  };
  const training = () => journal().filter(({ type, state, round }) => type === 'client-changed' && state === 'training' && round === 2);

  beforeAll(async () => {
    const app = { 'server.py': server, 'client.py': client, 'requirements.txt': 'numpy\n' };
    network = await startNetwork({ app, algorithm: 'ec', flower: ['rounds: 3'] });
    const up = await wizard(['up', '--yes', '--detach', '--json', '-C', network.project]);
    expect(up.code, up.stderr).toBe(0);
    await until('both train in round 2', () => training().length === 2);
    first = await wizard(['verify', '--json', '--output', output('proof.json'), '-C', network.project]);
  });
  afterAll(() => network?.stop());

  test('measured', async () => {
    console.log(first.stdout, first.stderr, first.code);
    const begun = Date.now();
    for (let at = 0; at < 4; at++) {
      const v = await wizard(['verify', '--json', '--output', output('proof.json'), '-C', network.project]);
      console.log(v.code, v.stderr, Date.now() - begun);
    }
    console.log(readFileSync(output('proof.json'), 'utf8'));
    const v = await wizard(['verify', '--plain', '--output', output('proof.html'), '-C', network.project]);
    console.log(v.stdout, v.stderr);
    const { cpSync } = await import('node:fs');
    cpSync(output('proof.html'), '/tmp/wt/VERIFY-proof.html');
  });
});
