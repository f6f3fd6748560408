/**
 * How long this Node takes for so many RSA keys on all cores, nothing beside them: what no program that makes them here
 * can be faster than. `node keys.js KEYS`
 */
import { generateKeyPair } from 'node:crypto';
import { availableParallelism } from 'node:os';

/** The time of one key varies by half of it: fewer than these would say little of the rate. */
const fewest = 200;
const wanted = Number(process.argv[2]);
const made = Math.min(Math.max(wanted, fewest), 2 * fewest);

let left = made;
const lane = () =>
  new Promise((resolve, reject) => {
    if (left === 0) return resolve();
    left -= 1;
    generateKeyPair('rsa', { modulusLength: 2048 }, (error) => (error ? reject(error) : resolve(lane())));
  });

const started = performance.now();
await Promise.all(Array.from({ length: availableParallelism() }, lane));
console.log(((performance.now() - started) / 1000) * (wanted / made));
