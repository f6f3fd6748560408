/** An app whose rounds are as fast as Flower goes, and begin when the test says so. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { slowScripts } from './slow-app.ts';

/**
 * A round is trained once the file ~/gate holds its number, or a higher one; its weight counts the rounds. In the round
 * that ~/fails holds its fit fails, and it has as many samples as ~/samples says, or ten.
 */
const client = `import os, time
import flwr as fl
import numpy as np

def held(name):
    try:
        with open(os.path.expanduser("~/" + name)) as file:
            return int(file.read())
    except FileNotFoundError:
        return 0

class Gated(fl.client.NumPyClient):
    def get_parameters(self, config):
        return [np.zeros(1)]

    def fit(self, parameters, config):
        # A mean of ones is a little less than one in some orders of the clients' answers.
        trained = round(float(parameters[0][0])) + 1
        while held("gate") < trained:
            time.sleep(0.02)
        if held("fails") == trained:
            raise RuntimeError("a broken batch")
        print(f"trained round {trained}", flush=True)
        return [parameters[0] + 1], held("samples") or 10, {}

    def evaluate(self, parameters, config):
        trained = float(parameters[0][0])
        return 1 / (1 + trained), 10, {"trained": trained, "accuracy": trained / (1 + trained)}

fl.client.start_client(
    server_address=os.environ["FL_SERVER"],
    client=Gated().to_client(),
    root_certificates=open(os.path.join(os.environ["FL_CERTIFICATES"], "ca.crt"), "rb").read(),
)
`;

export const gatedScripts = { ...slowScripts, 'client.py': client };

/** Lets the clients on these hosts train up to this round. */
export function openGate(hosts: readonly { readonly home: string }[], round: number): void {
  for (const { home } of hosts) {
    const beside = join(home, 'gate.new');
    writeFileSync(beside, String(round));
    renameSync(beside, join(home, 'gate'));
  }
}
