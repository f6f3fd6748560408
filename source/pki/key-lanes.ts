import { generateKeyPair, type KeyObject } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/**
 * RSA keys on all cores. Node makes keys on libuv's pool of four threads, which files and name lookups need as well:
 * three lanes run there, further cores get a worker thread each. Never more lanes than cores, since searching primes
 * is all computing and more threads only take turns.
 */
const poolLanes = 3;

/** Kept as text, so that a bundle of one file needs no second one. The key crosses as a KeyObject, not as bytes. */
const workerSource = `
  const { parentPort } = require('node:worker_threads');
  const { generateKeyPairSync } = require('node:crypto');
  parentPort.on('message', (bits) =>
    parentPort.postMessage(generateKeyPairSync('rsa', { modulusLength: bits }).privateKey));
`;

type Order = {
  readonly bits: number;
  readonly done: (key: KeyObject) => void;
  readonly failed: (error: Error) => void;
};

/** A queue of keys to make, worked off by a number of lanes. */
export class KeyLanes {
  readonly #waiting: Order[] = [];
  readonly #pool: number;
  readonly #workers: number;
  #poolBusy = 0;
  #workersBusy = 0;

  /** @param lanes how many keys are made at once: the number of cores. */
  constructor(lanes: number = availableParallelism()) {
    this.#pool = Math.min(lanes, poolLanes);
    this.#workers = lanes - this.#pool;
  }

  /** A new RSA key, when its turn has come. @param bits the length of the modulus. */
  make(bits: number): Promise<KeyObject> {
    return new Promise((done, failed) => {
      this.#waiting.push({ bits, done, failed });
      this.#start();
    });
  }

  #start(): void {
    while (this.#waiting.length > 0 && this.#poolBusy < this.#pool) this.#runInPool();
    while (this.#waiting.length > 0 && this.#workersBusy < this.#workers) this.#runInWorker();
  }

  #runInPool(): void {
    const order = this.#waiting.shift();
    if (!order) return;
    this.#poolBusy += 1;
    generateKeyPair('rsa', { modulusLength: order.bits }, (error, _publicKey, key) => {
      this.#poolBusy -= 1;
      this.#start();
      if (error) order.failed(error);
      else order.done(key);
    });
  }

  /** A worker works until nothing waits, then ends: it holds some 5 MB and keeps the process alive. */
  #runInWorker(): void {
    let order = this.#waiting.shift();
    if (!order) return;
    this.#workersBusy += 1;
    const worker = new Worker(workerSource, { eval: true, env: {}, execArgv: [] });
    worker.postMessage(order.bits);
    worker.on('message', (key: KeyObject) => {
      order?.done(key);
      order = this.#waiting.shift();
      if (order) worker.postMessage(order.bits);
      else void worker.terminate();
    });
    worker.on('error', (error) => order?.failed(error));
    worker.on('exit', () => {
      this.#workersBusy -= 1;
      this.#start();
    });
  }
}
