/** So many clients are enough for a run where neither fl-network.yaml nor the script says anything: as with Flower alone. */
export const leastClients = 2;
