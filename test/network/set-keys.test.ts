/** Keys that are written into an fl-network.yaml that is there: all else stays. */
import { describe, expect, it } from 'vitest';
import { setKeys } from '../../source/network/set-keys.ts';

const keys = { 'remote.certificates': '/etc/ssl/fl_network-xray', 'flower.port': 9192 };
const head = '# ours\nversion: 1\nname: xray   # short\n';

describe('keys in the text', () => {
  it.each([
    [
      'are added as sections of their own',
      head,
      `${head}remote:\n  certificates: /etc/ssl/fl_network-xray\nflower:\n  port: 9192\n`,
    ],
    [
      'go into a section that is there, behind a last line without an end too',
      `${head}flower:   # the server's\n  rounds: 5   # enough\nremote: {owner: fl}`,
      `${head}flower:   # the server's\n  port: 9192\n  rounds: 5   # enough\nremote: {certificates: /etc/ssl/fl_network-xray, owner: fl}`,
    ],
    [
      'are changed where they are there',
      `${head}flower: {port: 9092}\nremote:\n    # old\n    certificates: /etc/ssl/fl_network   # old\n`,
      `${head}flower: {port: 9192}\nremote:\n    # old\n    certificates: /etc/ssl/fl_network-xray   # old\n`,
    ],
    [
      'go into an empty map',
      `${head}flower: {}\nremote: {}\n`,
      `${head}flower: {port: 9192}\nremote: {certificates: /etc/ssl/fl_network-xray}\n`,
    ],
  ])('%s', (_, text, expected) => {
    expect(setKeys(text, keys)).toBe(expected);
  });

  it.each([
    `${head}flower: &f {port: 1}\nremote: *f\n`,
    `${head}flower: 7\n`,
    '[1]',
    'a: [',
    `${head}flower: !x {port: 1}\n`,
  ])('are not written where only the author can go on: %j', (text) => {
    expect(setKeys(text, keys)).toBeUndefined();
  });
});
