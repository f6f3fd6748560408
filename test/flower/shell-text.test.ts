import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { comment, hereDocument } from '../../source/flower/shell-text.ts';

const sh = (script: string) => execFileSync('sh', ['-eu'], { input: script, encoding: 'utf8' });

describe('text among the lines of a shell', () => {
  it.each(['plain', 'a\necho run', 'a\r\necho run', '\u0085echo run', 'ends in \\'])('is a comment: %j', (text) => {
    expect(sh(`${comment(text)}\necho next\n`)).toBe('next\n');
  });

  it.each(['', 'a\n', 'a\nEND\necho run\n', 'END\nEND_\n', `$HOME \`id\` $(id) 'a' "b" \\\n`, 'no line break'])(
    'is a document: %j',
    (text) => {
      const line = text === '' || text.endsWith('\n') ? text : `${text}\n`;
      expect(sh(`cat ${hereDocument(text)}\necho next\n`)).toBe(`${line}next\n`);
    },
  );
});
