/** All that is in the app's folder is copied to every host: a folder that holds keys is none. */
import { describe, expect, it } from 'vitest';
import { inspectNetwork } from '../../source/network/read.ts';

const problems = (app: string, folder = 'fl_network') =>
  inspectNetwork(`version: 1
name: xray
certificates: {folder: ${JSON.stringify(folder)}}
flower: {app: ${JSON.stringify(app)}}
server: {address: fl.example.org, ssh: {host: a}}
clients: [{name: client1, ssh: {host: b}}]
`).problems;

describe('an app', () => {
  it.each([
    ['.', 'fl_network'],
    ['./', 'fl_network'],
    ['..', 'fl_network'],
    ['app/..', 'fl_network'],
    ['../folder', 'fl_network'],
    ['/', 'fl_network'],
    ['fl_network', 'fl_network'],
    ['app', 'app/keys'],
    ['app', './app'],
    ['/srv/xray', '/srv/xray/keys'],
    ['.fl-wizard', 'fl_network'],
  ])('in %s is refused where the keys are in %s', (app, folder) => {
    const [problem, ...others] = problems(app, folder);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ path: 'flower.app', why: expect.stringMatching(/copied to every host/) });
  });

  it.each([
    ['app', 'fl_network'],
    ['../app', 'fl_network'],
    ['fl_network_app', 'fl_network'],
    ['app', '../keys'],
    ['/srv/xray/app', '/srv/xray/keys'],
  ])('in %s is well where they are in %s', (app, folder) => {
    expect(problems(app, folder)).toEqual([]);
  });
});
