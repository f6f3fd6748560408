import { describe, expect, it } from 'vitest';
import { projectRequirements, troubleOf } from '../../source/network/app.ts';

const project = `[project]
name = "mine"
dependencies = [
  "flwr[simulation]>=1.20.0", # what runs it
  "torch==2.7.1",
  "flwr-datasets[vision]>=0.5.0",
]
[tool.flwr.app]
publisher = "me"
[tool.flwr.app.components]
serverapp = "mine.server_app:app"
clientapp = "mine.client_app:app"
`;
const server = 'app = ServerApp(server_fn=server_fn)\n';
const client = 'app = ClientApp(client_fn=client_fn)\n';
const app = { 'pyproject.toml': project, 'mine/server_app.py': server, 'mine/client_app.py': client };

const trouble = (files: Readonly<Record<string, string | undefined>>) => troubleOf(async (name) => files[name]);

describe('a folder is run', () => {
  it.each([
    ['with server.py and client.py', { 'server.py': '', 'client.py': '' }],
    ['with a Flower app', app],
    [
      'with components in one table',
      {
        ...app,
        'pyproject.toml':
          'tool.flwr.app.components = {serverapp = "mine.server_app:app", clientapp = "mine.client_app:app"}',
      },
    ],
    ['with a package', { ...app, 'mine/client_app.py': undefined, 'mine/client_app/__init__.py': client }],
    ['with an app of another name', { ...app, 'mine/client_app.py': `${client}@other.train()\ndef train(): pass\n` }],
    [
      'with decorators in texts and comments',
      { ...app, 'mine/client_app.py': `"""\n@app.train()\n"""\n# @app.train()\n'''\n@app.evaluate()'''\n${client}` },
    ],
    [
      'with scripts beside an app for SuperLink',
      { ...app, 'mine/client_app.py': '@app.train()\n', 'server.py': '', 'client.py': '' },
    ],
    [
      'with a project that names nothing',
      { 'pyproject.toml': '[project]\nname = "x"', 'server.py': '', 'client.py': '' },
    ],
  ])('%s', async (_, files) => {
    expect(await trouble(files)).toBeUndefined();
  });
});

describe('a folder is refused', () => {
  it.each([
    ['without anything', {}, /^server\.py is not there, and no pyproject\.toml that names/],
    ['without client.py', { 'server.py': '' }, /^client\.py is not there/],
    [
      'with half a Flower app',
      { ...app, 'pyproject.toml': project.replace('clientapp', 'other') },
      /^server\.py is not there/,
    ],
    [
      'without a module',
      { ...app, 'mine/client_app.py': undefined },
      /^pyproject\.toml names mine\.client_app:app, and mine\/client_app\.py is not there$/,
    ],
    ['with a project that is no TOML', { ...app, 'pyproject.toml': '[tool' }, /^pyproject\.toml can't be read: /],
    ...['train', 'evaluate', 'query'].map(
      (word) =>
        [
          `with @app.${word}()`,
          { ...app, 'mine/client_app.py': `app = ClientApp()\n\n@app.${word}()\ndef it(message, context):\n    ...\n` },
          new RegExp(
            `^mine\\.client_app:app is written for Flower’s message API \\(@app\\.${word}\\(\\)\\), which start_server`,
          ),
        ] as const,
    ),
    [
      'with @app.main()',
      { ...app, 'mine/server_app.py': 'app = ServerApp()\r\n@app.main()\r\ndef main(grid, context): ...' },
      /message API \(@app\.main\(\)\)/,
    ],
    [
      'with scripts that are the app',
      {
        'pyproject.toml': project.replaceAll('mine.server_app', 'server').replaceAll('mine.client_app', 'client'),
        'server.py': server,
        'client.py': '@app.train("x")\n',
      },
      /^client:app is written/,
    ],
  ] as const)('%s', async (_, files, why) => {
    expect((await trouble(files))?.why).toMatch(why);
  });

  it('with a hint that says how else it is made', async () => {
    const found = await trouble({ ...app, 'mine/client_app.py': '@app.train()\n' });
    expect(found?.hint).toBe('make it with ClientApp(client_fn=…); fl-wizard runs no message API yet');
  });

  it.each(['"""'.repeat(30_001), "'\\".repeat(50_000), '@app.'.repeat(50_000), '"'.repeat(99_999)])(
    'in good time, whatever it holds',
    async (source) => {
      expect(await trouble({ ...app, 'mine/client_app.py': `${source}\n@app.main()` })).toBeUndefined();
    },
  );
});

describe('what a project requires', () => {
  it('is its dependencies', () => {
    expect(projectRequirements(project)).toBe('flwr[simulation]>=1.20.0\ntorch==2.7.1\nflwr-datasets[vision]>=0.5.0');
  });
  it.each(['', '[tool', 'project = 1', '[project]\ndependencies = "x"'])(
    'is nothing where it names nothing: %j',
    (text) => {
      expect(projectRequirements(text)).toBeUndefined();
    },
  );
});
