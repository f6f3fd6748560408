/** Answers that were given so far: kept with each of them, found again, and never in anybody's way. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { saidBy, validate } from '../../source/commands/draft.ts';
import { AnswersKeeper, forget, keptIn, keptName } from '../../source/commands/kept.ts';
import type { Key } from '../../source/ui/keys.ts';
import { QuestionsModel } from '../../source/ui/questions.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kept-'));
});

const own = () => join(directory, '.fl-wizard');
const path = () => join(directory, keptName);
const text = (typed: string): Key => ({ name: 'text', text: typed });
const enter: Key = { name: 'enter' };

function put(content: string): void {
  mkdirSync(own(), { recursive: true });
  writeFileSync(path(), content);
}

function asked(keeper: AnswersKeeper, prefill = {}): (...all: readonly Key[]) => void {
  const model = new QuestionsModel(prefill, validate, undefined, keeper.see);
  return (...all) => {
    for (const key of all) model.key(key);
  };
}

const answersFound = async () => {
  const found = await keptIn(directory);
  if (!found?.answers) throw new Error(JSON.stringify(found));
  return found;
};

describe('answers', () => {
  it('are there with each one that is taken, for nobody else, and as init --from-answers reads them', async () => {
    const press = asked(new AnswersKeeper(directory, false));
    press(text('xray'), enter, text('fl.example.org'), enter, text('10.0.1.5 fl.internal'), enter);
    press(text('ubuntu@fl-server:2222'), enter, enter, text('hosp-a fl@10.20.0.8'), enter, text('half a'));
    await expect
      .poll(() => keptIn(directory))
      .toMatchObject({ answers: { clients: [{ name: 'hosp-a', ssh: 'fl@10.20.0.8' }] } });
    const { answers, when } = await answersFound();
    expect(answers).toMatchObject({
      name: 'xray',
      address: 'fl.example.org',
      names: ['10.0.1.5', 'fl.internal'],
      server: 'ubuntu@fl-server:2222',
      stopped: { at: 'clients', answered: 5 },
    });
    expect(Math.abs(Date.now() - when.getTime())).toBeLessThan(60_000);
    expect([statSync(path()).mode & 0o777, statSync(own()).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(await saidBy({ fromAnswers: keptName }, directory)).toEqual(answers);
    expect(readdirSync(own())).toEqual(['answers.yaml']);
  });

  it('are kept with what stands in the line by who leaves, and gone on with', async () => {
    const keeper = new AnswersKeeper(directory, false);
    asked(keeper)(text('xray'), enter, text('fl.exam'));
    expect(await keeper.leave()).toContain('Your answers are kept');
    const { answers } = await answersFound();
    expect(answers).toEqual({ name: 'xray', stopped: { at: 'address', answered: 1, line: 'fl.exam' } });
    const again = new AnswersKeeper(directory, true);
    asked(again, answers)(text('ple.org'), enter);
    await again.leave();
    expect((await answersFound()).answers).toMatchObject({
      address: 'fl.example.org',
      stopped: { at: 'names', answered: 2 },
    });
    await forget(directory);
    expect([await keptIn(directory), readdirSync(own())]).toEqual([undefined, []]);
  });

  it('that nobody gave leave no trace', async () => {
    const keeper = new AnswersKeeper(directory, false);
    asked(keeper)({ name: 'down' });
    expect(await keeper.leave()).toBeUndefined();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('of ten thousand clients come back as they were', async () => {
    const keeper = new AnswersKeeper(directory, false);
    const clients = Array.from({ length: 10_000 }, (_, at) => ({ name: `site${at}`, ssh: `fl@[fd00::${at}]:2222` }));
    const known = { name: 'x', address: '10.0.0.1', server: '10.0.0.1', clients };
    asked(keeper, known)(enter, enter, enter, enter, enter);
    await keeper.leave();
    expect((await answersFound()).answers).toEqual({ ...known, stopped: { at: 'clients', answered: 5 } });
  });

  it('that can’t be written are said to be lost, and nobody is held up', async () => {
    writeFileSync(own(), 'no folder');
    const keeper = new AnswersKeeper(directory, false);
    asked(keeper)(text('xray'), enter);
    expect(await keeper.leave()).toMatch(/^Your answers are not kept: something that is no folder stands/);
    expect(readFileSync(own(), 'utf8')).toBe('no folder');
  });

  it('lead to the first that is none, where somebody changed the file', async () => {
    put('name: xray\naddress: "https://fl"\nserver: fl-server\nclients: [a=b]\nstopped: {at: summary, answered: 6}\n');
    expect((await answersFound()).answers.stopped).toEqual({ at: 'address', answered: 1 });
    put('name: xray\naddress: fl\nserver: fl-server\nclients: [a=b]\n');
    expect((await answersFound()).answers.stopped).toEqual({ at: 'summary', answered: 6 });
  });

  it.each([
    ['of another version', 'version: 2\nname: xray\n', /version is /],
    ['with a mistake', 'name: [', /./],
    ['with a client that is none', 'clients: ["a=b c"]', /a line is one client/],
    ['that are no answers', '\x00\x01\x02', /./],
    ['of enormous size', `name: xray\n${'#\n'.repeat(3 * 1024 * 1024)}`, /too large/],
  ])('%s are told of in one sentence, and set aside once there are new ones', async (_, content, why) => {
    put(content);
    const found = await keptIn(directory);
    expect(found).toEqual({
      unreadable: expect.stringMatching(/^\.fl-wizard\/answers\.yaml can’t be read \(.*set aside/s),
    });
    expect(found && 'unreadable' in found && found.unreadable).toMatch(why);
    expect(readdirSync(own())).toEqual(['answers.yaml']);
    const keeper = new AnswersKeeper(directory, false);
    asked(keeper)(text('xray'), enter);
    await keeper.leave();
    expect((await answersFound()).answers.name).toBe('xray');
    const [aside = ''] = readdirSync(own()).filter((name) => name !== 'answers.yaml');
    expect(aside).toMatch(/^answers\.yaml\.aside-/);
    expect(readFileSync(join(own(), aside), 'utf8')).toBe(content);
  });
});
