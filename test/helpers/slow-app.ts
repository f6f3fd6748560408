/** An app whose rounds take their time. */

/**
 * A round takes about a second, by a pause in each client; its weight counts the rounds that it was trained in. In the
 * third round it waits for the file ~/go-on, so that something can happen in the middle of it.
 */
const client = `import os, time
import flwr as fl
import numpy as np

class Slow(fl.client.NumPyClient):
    def get_parameters(self, config):
        return [np.zeros(1)]

    def fit(self, parameters, config):
        time.sleep(1)
        while parameters[0][0] == 2 and not os.path.exists(os.path.expanduser("~/go-on")):
            time.sleep(0.05)
        return [parameters[0] + 1], 10, {}

    def evaluate(self, parameters, config):
        return 1 / (1 + float(parameters[0][0])), 10, {"trained": float(parameters[0][0])}

fl.client.start_client(
    server_address=os.environ["FL_SERVER"],
    client=Slow().to_client(),
    root_certificates=open(os.path.join(os.environ["FL_CERTIFICATES"], "ca.crt"), "rb").read(),
)
`;

const server = `import os
import flwr as fl
import numpy as np

def mean(results):
    total = sum(count for count, _ in results)
    return {name: sum(count * m[name] for count, m in results) / total for name in results[0][1]}

def read(name):
    return open(os.path.join(os.environ["FL_CERTIFICATES"], name), "rb").read()

fl.server.start_server(
    server_address="0.0.0.0:9092",
    strategy=fl.server.strategy.FedAvg(
        initial_parameters=fl.common.ndarrays_to_parameters([np.zeros(1)]),
        evaluate_metrics_aggregation_fn=mean,
    ),
    certificates=(read("ca.crt"), read("server.crt"), read("server.key")),
)
`;

export const slowScripts = { 'server.py': server, 'client.py': client };
