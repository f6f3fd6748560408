import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseConfiguration } from '../../source/pki/configuration.ts';
import { entriesOf } from '../../source/pki/configuration-tree.ts';
import { UserError } from '../../source/plan/failure.ts';
import { folder, openssl, seed } from './helpers.ts';
import { tutorial } from './tutorial.ts';

const put = folder();
const key = put('key.pem', openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256').text);
const raw = fc
  .array(
    fc.constantFrom(
      'a',
      'b',
      ' ',
      '\t',
      '"',
      "'",
      '`',
      '\\',
      '\\\n',
      '#',
      '$v::x',
      `\${v::x}`,
      '$(v::x)',
      '$',
      '=',
      ']',
      ',',
      '+',
      '/',
      'é',
      'n',
      '::',
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => parts.join(''));

it('means to us what it means to openssl', () => {
  const property = fc.property(raw, (value) => {
    const text = `[v]\nx = q\n${tutorial.replace('O = ScriptChain', () => `O = ${value}\n`).replace('prompt', 'utf8 = yes\nprompt')}`;
    const file = put('c.cnf', text);
    const format = ['-nameopt', 'utf8,sep_multiline,sname'];
    const said = openssl('req', '-new', '-key', key, '-config', file, '-noout', '-subject', ...format);
    const theirs = said.ok ? (/\n {4}O=([\s\S]*?)\n {4}OU=/.exec(said.text)?.[1] ?? 'none') : undefined;
    let ours: string | undefined;
    try {
      ours = entriesOf(parseConfiguration(text, 'c.cnf'), 'dn').find((entry) => entry.key === 'O')?.value || undefined;
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
    }
    expect(ours).toBe(theirs);
  });
  fc.assert(property, { seed, numRuns: 60, endOnFailure: true });
});
