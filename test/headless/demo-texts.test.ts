import { expect, it } from 'vitest';
import { demoTexts } from '../../source/headless/demo-texts.ts';
import { cases } from '../../source/plan/proof.ts';
import { demoFacts } from '../ui/demo-facts.ts';

it('the demo’s end is told in sentences: how far training came, each try once, what there is now', () => {
  const told = demoTexts(demoFacts());
  expect(told[0]).toBe('The demo finished in 27 s: 3 hosts, 3 rounds, flwr 1.41.0.');
  expect(told[1]).toMatch(
    /^From round 1 to 3, loss went from [\d.]+ to [\d.]+, accuracy went from [\d.]+ to [\d.]+[,.]/,
  );
  for (const { title, expected } of cases)
    expect(told).toContain(`${title}: ${expected === 'accepted' ? 'let in' : 'refused'}.`);
  expect(told).toContain('Flower’s own TLS never asks for a client certificate: there, 4 of 5 got in.');
  expect(told).toContain('fl_network/: CA, server, 2 clients.');
  expect(told).toContain('Next: fl-wizard demo --app ./my-app, for your own code.');
  for (const line of told) expect(line).toMatch(/^\S(?!.* {2})[^✓✗│─⠀-⣿]*[.:]$/u);
});

it('names nothing in a folder that goes with it', () => {
  const told = demoTexts({ ...demoFacts(), kept: false });
  expect(told).toContain('Its folder is gone with it; --keep keeps the certificates, fl-network.yaml and the weights.');
  expect(told.join(' ')).not.toMatch(/when you leave|fl_network\/|copy it/);
});

it('hides no try that came out wrong', () => {
  const told = demoTexts(
    demoFacts((check) => (check.name === 'revoked' ? { ...check, ok: false, detail: 'let in' } : check)),
  );
  expect(told).toContain('revoked: WRONG: let in.');
  expect(told).not.toContain('revoked: refused.');
});
